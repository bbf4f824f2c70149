/* Starts run() on an emulated chip, and prints what it returns by semihosting. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

extern uint32_t _stack;
extern void initialise_monitor_handles(void);
int32_t run(void);
void reset(void);
void _init(void);
void _fini(void);

void _init(void) {}
void _fini(void) {}

void reset(void)
{
    int32_t failures;

#ifdef __ARM_FP
    *(volatile uint32_t *)0xE000ED88 |= 0xFu << 20; /* CPACR: the floating-point unit is on */
    __asm volatile("dsb\n isb");
#endif
    initialise_monitor_handles();
    failures = run();
    printf("failures: %ld\n", (long)failures);
    exit(failures == 0 ? 0 : 1);
}

__attribute__((section(".vectors"), used)) static const void *const vectors[] = {&_stack, (const void *)reset};

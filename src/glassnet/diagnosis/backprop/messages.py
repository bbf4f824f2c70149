"""What each mistake of `check_my_backprop` is called, why it is one, and how to correct it."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["WORDS", "Words"]

# One mistake after the other: its kind and its name; what was measured, why it is a mistake, and what to write instead.
# ``{detail}`` and ``{loss}`` stand for what was measured.
_TABLE = """
summed_not_averaged: summed instead of averaged
    the gradient is {detail}, and the factor grows with the number of rows
    your loss is a {loss}, so its gradient has one more 1/n than yours: the step depends on the batch size
    Divide the gradient by n once, for example in the output's delta.
averaged_not_summed: divided by the number of rows once too often
    the gradient is {detail}, and the factor falls with the number of rows
    your loss is a {loss}; its gradient has one 1/n less than yours
    Leave out one division by n, or make the loss a mean as well.
fixed_row_count: divided by a fixed number of rows
    the gradient is right for {detail} rows and for no other number of them
    a batch of another size gets steps of another length
    Divide by the number of rows of the X that is passed, not by a number from outside.
wrong_sign: wrong sign
    the gradient points the opposite way, cosine -1
    a step of gradient descent subtracts it, so the loss would rise
    Use prediction minus target, or change the sign of the gradient.
constant_factor: a constant factor
    the gradient has a constant factor of {detail}, with any number of rows
    loss and gradient differ by a factor, such as the 1/2 or 2 of the squared error or the number of outputs
    Divide the gradient by that factor, or change the loss.
squared_error_gradient: squared error's gradient under another loss
    at the output the gradient is that of the squared error, while the loss is a {loss}
    it has the factor a * (1 - a), which cross-entropy cancels and which vanishes where a prediction is certain
    Start with dZ = (A - Y) / n at the output, without the activation's derivative.
cross_entropy_gradient: cross-entropy's gradient under squared error
    at the output the gradient is A - Y, that of cross-entropy, while the loss is a {loss}
    the derivative of the output's {detail} is missing, which only cross-entropy cancels
    Multiply by the derivative of the output's activation, or compute cross-entropy as the loss.
other_loss_gradient: gradient of another loss
    at the output the gradient is that of the {detail}, while the loss is a {loss}
    the number that is printed is not the one that is minimised
    Use the derivative of the loss that you compute, or compute the loss that you differentiate.
activation_left_out: last activation left out in the error
    at the output the gradient starts from Z - Y, with the value before the {detail}
    the loss compares the prediction with the target, and so does its slope
    Start from A - Y, with the prediction A.
softmax_diagonal: softmax's slope as a diagonal
    at the output the slope is multiplied by p * (1 - p), as if each probability depended on its own logit alone
    the probabilities of a row sum to 1: each of them changes with every logit of the row
    Use dZ = (P - Y) / n under cross-entropy, and P * (dP - (dP * P).sum(axis=1, keepdims=True)) under other losses.
output_error_only: the error alone at the output
    at the output the gradient starts from A - Y, which is not the slope of the {loss}
    A - Y is the slope of cross-entropy behind a sigmoid or softmax, and of the squared error without either
    Start from the slope of the loss, times the derivative of the output's activation.
derivative_forgotten: activation's derivative forgotten
    the gradient is what comes out without the derivative of the {detail}
    the chain rule has one factor per step, and dA is not dZ
    Multiply: dZ = dA * derivative(Z).
derivative_of_activation: derivative taken of a instead of z
    the gradient is what comes out when the derivative of the {detail} is taken at its output
    the derivative belongs to the value before the activation
    Pass Z to the derivative, or write it in terms of a: a * (1 - a) for sigmoid, 1 - a ** 2 for tanh.
derivative_of_input: derivative in terms of a, given z
    the gradient has the {detail}'s derivative as it is written for its output, but taken of Z
    a * (1 - a) and 1 - a ** 2 hold for the output a only
    Pass the activation's output A to that function.
derivative_of_another: derivative of another activation
    the gradient has the derivative of {detail}, which is not this layer's activation
    forward and backward then belong to two different networks
    Use the derivative of the activation that forward uses.
activation_for_derivative: activation in place of its derivative
    the gradient is multiplied by the output of the {detail} itself
    the chain rule needs the slope there, not the value
    Multiply by derivative(Z) instead of A.
derivative_slip: a slip in the derivative
    the gradient is multiplied by {detail}
    the derivative has other terms than that
    Copy the derivative again, and compare it with a difference quotient.
derivative_of_another_layer: derivative at another layer
    the gradient has the derivative taken at the values of {detail}
    each layer's derivative belongs to its own values: the shapes fit because the layers are equally wide
    Use the Z or A of the layer itself.
derivative_of_slope: derivative taken of the slope
    the gradient has the derivative of the {detail} taken at the slope that comes back (dA)
    how steep the activation is depends on its own Z: whether a rectifier is on, say
    Take it at the values of the forward pass: dZ = dA * derivative(Z).
clipping_ignored: clipping ignored on the way back
    the gradient of the {detail} goes on where forward cuts the values off
    where the value does not change, neither does the loss
    Multiply by 0 where the values are cut off, or leave the clipping out.
dropout_mask_forgotten: dropout's mask forgotten on the way back
    the gradient is what comes out if no unit had been left out
    what was left out had no part in the loss, and has no slope
    Multiply by the same mask as in forward, divided by the same number.
dropout_not_rescaled: dropout's factor forgotten on the way back
    the gradient has dropout's mask, but not the factor {detail} that forward has
    forward divides what is kept by the share that is kept, and the slope has the same factor
    Divide dA by keep_prob after the mask.
derivative_twice: derivative multiplied twice
    the gradient has the square of the derivative of the {detail}
    each activation is passed once, and counts once
    Leave out one of the two factors.
bias_forgotten: bias gradient forgotten
    the gradient {detail}, but the loss does change with it
    the bias would never learn
    Sum the layer's delta over the rows: db = dZ.sum(axis=0).
no_gradient: no gradient
    the gradient {detail}, but the loss does change with it
    this parameter would never learn
    Compute it: dW = A_before.T @ dZ, db = dZ.sum(axis=0).
bias_not_summed: bias gradient not summed over the rows
    the gradient {detail}
    one bias serves all rows, so their slopes add up
    Sum over the rows: dZ.sum(axis=0, keepdims=True), or axis=1 where samples are columns.
bias_summed_over_everything: bias gradient summed over everything
    the gradient {detail}
    each unit has its own bias; np.sum without axis adds up all of them
    Name the axis of the rows: dZ.sum(axis=0, keepdims=True), or axis=1 where samples are columns.
bias_summed_over_units: bias gradient summed over the units
    the gradient {detail}
    one bias serves all rows: the sum runs over them, not over the units
    Sum over the rows: dZ.sum(axis=0, keepdims=True), or axis=1 where samples are columns.
bias_from_one_row: bias gradient from one row
    the gradient is the delta of {detail} alone
    one bias serves all rows, so their slopes add up
    Sum over the rows: dZ.sum(axis=0, keepdims=True).
updated_too_early: update before the hidden delta
    the gradient is what comes out with {detail} already changed by a step
    all gradients of a step belong to the same parameters; the error shrinks with the rate, so training hides it
    Compute all gradients first, then change the parameters.
other_delta_passed_back: another delta passed back than used
    what is passed back to this layer is not the delta that the layer above used ({detail})
    the delta at Z of the layer above, its activation's derivative included, is what goes through its weights
    Compute dZ of the layer above once, and use it for dW, for db and for dA = dZ @ W.T.
transposed_weights: weights not transposed
    the gradient is what comes out with W in place of W.T on the way back
    the shapes fit because the matrix is square, the numbers do not
    Pass back through the transpose: dA = dZ @ W.T (W.T @ dZ where samples are columns).
weights_of_another: weights of another layer
    the gradient is what comes out with {detail} on the way back
    delta must go back through the weights that it came through
    Use the weights of the layer above.
weights_left_out: weights left out on the way back
    the gradient is what comes out if all weights of the layer above {detail}
    how much a hidden unit matters is its weight
    Pass back through the weights: dA = dZ @ W.T.
wrong_input: multiplied by the wrong input
    the delta is right, but it is multiplied by {detail}
    dW is the product of what entered the layer and its delta; backward may have overwritten the cache
    Use the activation of the layer below: dW = A_before.T @ dZ.
averages_multiplied: averages multiplied
    the gradient is the product of the mean inputs and the mean delta
    the mean of products is not the product of means: each row's delta belongs to the same row's inputs
    Multiply first: dW = A_before.T @ dZ, where dZ has the 1/n.
transposed_gradient: gradient transposed
    the gradient {detail}
    the update subtracts entry by entry; where the matrix is square, nothing complains
    Swap the factors, or transpose the product.
wrong_shape: wrong shape
    the gradient {detail}
    subtracting it broadcasts to a larger array or fails
    Give it the shape of its parameter, for example with keepdims=True.
swapped_gradients: gradients swapped
    each has the gradient of {detail}
    each parameter is moved along the slope of another
    Return them in the order, or under the names, of the parameters.
gradient_of_another: gradient of another parameter
    what is returned here is the gradient of {detail}
    this parameter is moved along the slope of another
    Return its own gradient.
constant_gradient: constant gradient
    the gradient stays the same when all parameters change
    it does not depend on the network at all
    Compute it from this pass's values: arrays from outside, or from an earlier call, do not change.
double_softmax: softmax applied twice
    {detail}
    a softmax of numbers between 0 and 1 never comes near 0 or 1, so the loss cannot get small
    Apply the softmax once: pass logits to a loss that has its own.
softmax_over_samples: softmax over the samples
    forward returns a {detail}: what is predicted for one sample changes with the others
    the probabilities of one sample must add up to 1, and must not depend on the rest of the batch
    Name the axis of the classes: exp(Z) / exp(Z).sum(axis=1, keepdims=True), or axis=0 where samples are columns.
double_sigmoid: sigmoid applied twice
    {detail}
    a sigmoid of a number between 0 and 1 lies between 0.5 and 0.73, so the prediction is never below 0.5
    Apply the sigmoid once: pass logits to a loss that has its own.
targets_ignored: targets left out
    the output's delta is the prediction alone
    without the targets there is nothing to learn
    Subtract the targets: A - Y.
targets_added: targets added
    the output's delta is prediction plus target
    the error is their difference
    Subtract the targets: A - Y.
targets_averaged: targets averaged
    the output's delta compares each prediction with {detail} of the targets
    the network would learn the mean, whatever the inputs are
    Subtract the targets row by row: A - Y.
targets_for_every_class: 1 subtracted everywhere
    the output's delta compares every prediction with 1
    only the right class of a row has the target 1
    Subtract the targets: A - Y, or dZ[np.arange(n), y] -= 1 for labels y.
precedence_slip: division before the difference
    the output's delta is {detail}
    the division binds more strongly than the difference
    Put the difference in brackets: (A - Y) / n.
labels_not_one_hot: labels in place of one-hot targets
    the output's delta subtracts the number of the class from every output
    the numbers of classes are names, not sizes
    Subtract one-hot targets: np.eye(k)[y].
error_without_sign: error without its sign
    the output's delta is the absolute value of the error
    a prediction that is too large and one that is too small must be moved in opposite ways
    Leave out the abs.
errors_averaged: errors averaged
    the output's delta is the mean of the errors over the {detail}, the same for all of them
    each row's error belongs to the same row's inputs, each output's error to its own weights
    Keep the errors as a matrix, and divide by n.
loss_for_slope: loss in place of its slope
    what is passed back is {detail}
    the slope of the loss is passed back, not the loss
    Start with the derivative of the loss with respect to the predictions.
targets_misaligned: targets of other rows
    the output's delta compares each prediction with the target of the row {detail} further on
    every row is corrected towards another row's answer
    Keep X and y in the same order in forward, loss and gradients.
one_row_only: gradient of one row only
    the gradient is that of the {detail} row alone
    in a loop over the rows, = keeps the last one and forgets the others
    Add up: dW += ... for each row, starting from zeros.
hard_predictions: rounded predictions
    the output's delta is computed from predictions rounded to 0 or 1
    the slope of the loss depends on how sure the prediction is
    Use the probabilities themselves.
loss_sign_slip: wrong sign inside the loss
    the gradient is that of cross-entropy, but the loss is -y * log(a) + (1 - y) * log(1 - a)
    the number that is printed is not the one that is minimised
    Put both terms in the bracket: -(y * log(a) + (1 - y) * log(1 - a)).
loss_lacks_a_term: half of the cross-entropy
    the gradient is that of binary cross-entropy, but the loss is -y * log(a) alone
    rows with the answer 0 cost nothing in it
    Add the other half: -(y * log(a) + (1 - y) * log(1 - a)).
gradient_lacks_a_term: half of cross-entropy's gradient
    the gradient is that of -y * log(a) alone, while the loss is a {loss}
    rows with the answer 0 have no slope in it
    Use both halves: dA = -y / a + (1 - y) / (1 - a), or dZ = (A - Y) / n at once.
gradient_sign_slip: wrong sign inside the gradient
    the gradient starts from -(y / a + (1 - y) / (1 - a)), which has one sign wrong
    the derivative of log(1 - a) is -1 / (1 - a)
    Use dA = -y / a + (1 - y) / (1 - a), or dZ = (A - Y) / n at once.
penalty_forgotten: penalty's gradient forgotten
    the gradient is that of the loss without its penalty on the parameters
    the loss has a term in the weights, and its slope belongs to the gradient
    Add the derivative of the penalty: lambda * W for lambda / 2 * sum(W ** 2).
penalty_factor: penalty with another factor
    the penalty's part of the gradient is {detail} times what the loss has
    the 1/2, the 2 or the 1/n of the penalty differ between loss and gradient
    Use the derivative of the penalty as the loss has it.
penalty_not_in_loss: a penalty that the loss does not have
    the gradient has {detail} on top
    the loss has no such term in these parameters: the number that is printed is not the one that is minimised
    Add the penalty to the loss, or take it out of the gradient.
penalty_of_another: another penalty than the loss has
    the gradient has {detail} on top, in place of the slope of the loss's penalty
    lambda * W is the slope of lambda / 2 * sum(W ** 2), lambda * sign(W) that of lambda * sum(abs(W))
    Use the derivative of the penalty as the loss has it.
broadcast: shapes that broadcast
    {detail}
    (n, 1) and (n,) together make (n, n): every prediction is compared with every target
    Give y the shape of the predictions: y.reshape(-1, 1).
integer_parameters: integer parameters
    the array's dtype is {detail}
    an update is a fraction: written into whole numbers it is cut off, or NumPy refuses it
    Start with floats: array.astype(float).
integer_data: integer data
    {detail}
    an array made like whole numbers (zeros_like, copy) cuts off fractions
    Turn the data into floats first: X = X.astype(float).
clipped_gradient: gradient clipped
    the gradient {detail}
    clipping belongs to the update, and hides what the gradient is
    Compare the gradients before they are clipped.
changes_parameters: changes the parameters
    after the call the array has other numbers
    who asks for gradients does not expect a step, and later gradients of the same call see the changed array
    Return gradients only and update elsewhere; if this function is a whole step, pass learning_rate=.
changes_data: changes the data
    {detail}
    the next step would learn from other numbers
    Write A = A - B instead of A -= B, or work on a copy.
cache_overwritten: cache overwritten
    {detail}
    what is computed after that sees the changed numbers
    Write A = A * B instead of A *= B, or work on a copy.
returns_new_parameters: new parameters returned
    what is returned is the parameter after a step of gradient descent
    gradients are asked for, and the caller would take the step again
    Return the gradients, or pass learning_rate= to have the whole step checked.
shares_memory: a gradient that is the parameter's own memory
    writing to the one changes the other
    an update in place would read numbers that it has just changed
    Return a new array, for example with .copy().
accumulates: gradients not reset
    a second call with the same numbers returns {detail} times the first
    the slopes of earlier steps are added again and again
    Set the gradients to zero at the beginning, or assign with = instead of +=.
log_of_zero: logarithm of 0
    at your parameters the loss is {detail}
    a prediction is exactly 0 or 1, so its logarithm is infinite, and 0 times infinity is NaN
    Use smaller weights or scaled data; best compute cross-entropy from logits, or clip predictions in the loss.
not_finite: NaN or infinity
    the gradient {detail}
    one step with it makes all parameters NaN
    Look for a division by a prediction, a logarithm of 0, or exp of a large number.
unexplained: not the gradient of the loss
    {detail}
    no mistake that is known here explains it
    {remedy}
"""


class Words(NamedTuple):
    """Sentences about one kind of mistake, two of them to be filled in."""

    name: str
    measured: str
    why: str
    remedy: str


def _read(table: str) -> dict[str, Words]:
    """Return the sentences of each kind, from four lines of the table each."""
    lines = [line.strip() for line in table.strip().splitlines()]
    heads = [line.split(": ", 1) for line in lines[::4]]
    rest = zip(lines[1::4], lines[2::4], lines[3::4], strict=True)
    return {kind: Words(name, *texts) for (kind, name), texts in zip(heads, rest, strict=True)}


WORDS = _read(_TABLE)

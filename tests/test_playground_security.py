"""The nine points of the playground's security, each by requests that no page of its own would send.

Who may be heard (1-4), what a page may do (5), what may be sent (6-8), and the page in a file (9, in the tests of the page).
"""

from __future__ import annotations

import gzip
import http.server
import io
import json
import os
import re
import socket
import stat
import struct
import subprocess
import sys
import threading
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from chromium import open_page
from glassnet.cli.app import main
from glassnet.errors import ConfigError

pytest.importorskip("starlette", reason="starlette is not installed")
pytest.importorskip("uvicorn", reason="uvicorn is not installed")
pytest.importorskip("websockets", reason="websockets is not installed")

from glassnet.playground.server.assets import page_assets
from glassnet.playground.server.gate import POLICY
from glassnet.playground.server.play_limits import PlayLimits
from glassnet.playground.server.running import Playground
from glassnet.playground.worker import Key
from playground_client import Socket, ask_http, connect, cookie_of, status_of_upgrade
from playground_pages import first_experiment, in_page, playground

PING, TEXT = 9, 1


@pytest.fixture(scope="module")
def served() -> Iterator[Playground]:
    """Return a playground that all tests of the module attack, and that is there in the end."""
    with playground(limits=PlayLimits(unpacked_bytes=60_000_000)) as found:
        yield found
        with connect(found) as page:
            assert page.ask("hello")["ok"]


@pytest.fixture
def page(served: Playground) -> Iterator[Socket]:
    """Return a page that was greeted."""
    with connect(served) as found:
        assert found.ask("hello", version=1)["ok"]
        yield found


# ---- 1: only this computer -------------------------------------------------------------------------------------------


def test_it_listens_on_this_computer_only(served: Playground, capsys: pytest.CaptureFixture[str]) -> None:
    """On the loopback; another address is refused, unless it is allowed, and then there is a warning."""
    assert served._listener.getsockname()[0] == "127.0.0.1"
    assert not served.is_open
    words = r"host is '0.0.0.0'; it must be an address of this computer that others cannot reach, such as '127.0.0.1'. Pass allow_remote=True"
    with pytest.raises(ConfigError, match=words):
        Playground(first_experiment(), host="0.0.0.0")
    assert main(["playground", "--no-browser", "--host", "0.0.0.0"]) == 2
    assert "Pass --allow-remote to let others in." in capsys.readouterr().err


def test_others_need_the_token_too() -> None:
    """Who lets other computers in is asked for under whatever name the computer has, by pages under the same name."""
    with playground(host="0.0.0.0", allow_remote=True) as served:
        assert served.is_open
        host = f"my-computer.local:{served.port}"
        assert [ask_http(served, "GET", "/", cookie=cookie, Host=host).status for cookie in (None, "")] == [200, 403]
        for origin, status in ((f"http://{host}", 101), ("http://evil.example", 403)):
            assert status_of_upgrade(served, Host=host, Origin=origin) == status


def test_who_lets_others_in_is_warned(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the address is printed."""
    run = Playground.run

    def ends_at_once(self: Playground) -> None:
        self.stop()
        run(self)

    monkeypatch.setattr(Playground, "run", ends_at_once)
    assert main(["playground", "--no-browser", "--host", "0.0.0.0", "--allow-remote"]) == 0
    assert capsys.readouterr().err.startswith("warning: whoever gets to know this address can read your data")


# ---- 2: the host ---------------------------------------------------------------------------------------------------------

STRANGERS = [
    "evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1:1", "localhost", "127.0.0.1:{port}.evil.example",
    "127.0.0.1.nip.io:{port}", "[::1", "", "0.0.0.0:{port}", "127.1:{port}", "localhost:{port}@evil.example",
]  # fmt: skip


@pytest.mark.parametrize("host", STRANGERS)
def test_requests_for_other_hosts_are_refused(served: Playground, host: str) -> None:
    """Before anything else is looked at: whether a path is there, or a token right; for the upgrade too (DNS rebinding)."""
    host = host.format(port=served.port)
    for path in ("/", "/nosuch", served.url.removeprefix(served.address[:-1])):
        answer = ask_http(served, "GET", path, Host=host)
        assert answer.status == 403
        assert answer.error.startswith("the host is another computer; it must be this one.")
        assert "set-cookie" not in answer.headers
    assert status_of_upgrade(served, Host=host, Origin=f"http://{host}") == 403


def test_a_request_has_one_host(served: Playground) -> None:
    """None, or two, are refused: which of them would count?"""
    own = f"127.0.0.1:{served.port}"
    assert ask_http(served, "GET", "/", Host=None).status in (400, 403)
    assert ask_http(served, "GET", "/", Host=f"{own}\r\nHost: evil.example").status in (400, 403)
    assert ask_http(served, "GET", "http://evil.example/", Host="evil.example").status == 403


@pytest.mark.parametrize("host", ["127.0.0.1:{port}", "localhost:{port}", "LOCALHOST:{port}", "[::1]:{port}"])
def test_this_computer_has_three_names(served: Playground, host: str) -> None:
    """With our port."""
    host = host.format(port=served.port)
    assert ask_http(served, "GET", "/", Host=host).status == 200
    assert status_of_upgrade(served, Host=host, Origin=f"http://{host}") == 101


# ---- 3: the origin -------------------------------------------------------------------------------------------------------

ORIGINS = [
    "http://evil.example", "https://127.0.0.1:{port}", "http://127.0.0.1", "http://127.0.0.1:1", "null", "",
    "http://localhost:{port}", "http://127.0.0.1:{port}.evil.example", "http://127.0.0.1:{port}/", "file://",
]  # fmt: skip


@pytest.mark.parametrize("origin", ORIGINS)
def test_other_pages_are_refused(served: Playground, origin: str) -> None:
    """Sockets and uploads from other origins are, even with the cookie, which browsers may send along."""
    origin = origin.format(port=served.port)
    assert status_of_upgrade(served, Origin=origin) == 403
    answer = ask_http(served, "POST", "/upload", b"a,b", Origin=origin)
    assert answer.status == 403
    assert answer.error == "the request is from another page; it must come from the page of this playground."


def test_without_an_origin_the_token_counts(served: Playground) -> None:
    """Programs send none; without a token, or with a wrong one, they are refused."""
    assert status_of_upgrade(served, Origin=None) == 101
    for cookie in ("", "glassnet-0=x", f"glassnet-{served.port}=wrong"):
        assert status_of_upgrade(served, Origin=None, cookie=cookie) == 403
        assert status_of_upgrade(served, cookie=cookie) == 403
        assert ask_http(served, "POST", "/upload", b"a,b", cookie=cookie).status == 403


# ---- 4: the token --------------------------------------------------------------------------------------------------------


def token_of(served: Playground) -> str:
    """Return the token in the address."""
    return served.url.partition("token=")[2]


def test_the_token_leaves_the_address(served: Playground) -> None:
    """It has 256 bits, is used in the address once, and is then in a cookie that no script and no other site gets."""
    token = token_of(served)
    assert re.fullmatch(r"[\w-]{43}", token)
    answer = ask_http(served, "GET", f"/?token={token}", cookie="")
    assert (answer.status, answer.headers["location"], answer.body) == (303, "/", b"")
    assert answer.headers["set-cookie"] == f"glassnet-{served.port}={token}; HttpOnly; SameSite=Strict; Path=/"
    assert answer.headers["referrer-policy"] == "no-referrer"
    with playground() as other:
        assert token_of(other) != token


def test_without_the_token_there_is_nothing(served: Playground) -> None:
    """Not one file of the page, no path that is told from one that is not there."""
    token = token_of(served)
    paths = [*page_assets(), "/download/model", "/socket", "/nosuch", "/../../etc/passwd"]
    for cookie in ("", f"glassnet-{served.port}={token[:-1]}", f"other={token}", f"glassnet-{served.port}={token}x"):
        answers = {
            (answer.status, answer.body) for answer in (ask_http(served, "GET", path, cookie=cookie) for path in paths)
        }
        assert len(answers) == 1
        assert answers.pop()[0] == 403
    for query in ("token=", "token=x", f"token={token}x", f"Token={token}", f"token=x&token={token}", "token=%ff%00"):
        assert ask_http(served, "GET", f"/?{query}", cookie="").status == 403
    assert ask_http(served, "GET", f"/main.js?token={token}", cookie="").status == 403
    assert status_of_upgrade(served, cookie="") == 403


def test_the_cookie_is_found_among_others(served: Playground) -> None:
    """Other programs of this computer have cookies too, some of which are not well formed."""
    for text in ('a="{1;2}"; {}; b', 'json={"a": [1, "x"]}', "=; ;;"):
        assert ask_http(served, "GET", "/", cookie=f"{text}; {cookie_of(served)}").status == 200


def test_a_link_of_another_page_leads_in_at_the_second_try(served: Playground) -> None:
    """Browsers send no strict cookie to where a link of another site leads: the page asks them to come by themselves, once."""
    link = {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "navigate", "Sec_Fetch_Dest": "document"}
    answer = ask_http(served, "GET", "/", cookie="", **link)
    assert (answer.status, b'http-equiv="refresh"' in answer.body) == (403, True)
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    others = ({"Sec_Fetch_Site": "same-origin"}, {"Sec_Fetch_Dest": "iframe"}, {"Sec_Fetch_Mode": "no-cors"})
    for change in others:
        assert ask_http(served, "GET", "/", cookie="", **{**link, **change}).error.startswith("the token is missing")
    for path in ("/main.js", "/?token=wrong", "/download/model"):
        assert ask_http(served, "GET", path, cookie="", **link).error.startswith("the token is missing")


@in_page
def test_links_of_other_pages_lead_to_the_page(tmp_path: Path) -> None:
    """In a browser: from a notebook, say, to the printed address; the token leaves the address bar, and no frame shows it."""
    with playground() as served, open_page(tmp_path) as page:
        other = f'<a href="{served.url}">open</a><iframe src="{served.address}"></iframe>'

        class Other(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.end_headers()
                self.wfile.write(f"<!doctype html>{other}".encode())

            def log_message(self, *words: object) -> None:
                """Say nothing."""

        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Other) as site:
            threading.Thread(target=site.serve_forever, daemon=True).start()
            page.go(f"http://localhost:{site.server_port}/")
            page.run("document.querySelector('a').click()")
            page.wait(f"location.href === '{served.address}' && document.body?.dataset.state === 'paused'")
            assert page.run("document.cookie") == ""
            site.shutdown()


def test_the_token_is_not_logged(capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> None:
    """Neither by us nor by what we build on."""
    with caplog.at_level(0), playground() as served:
        ask_http(served, "GET", f"/?token={token_of(served)}", cookie="")
        with connect(served) as page:
            page.ask("hello")
        page.link.close()
    out, err = capfd.readouterr()
    said = out + err + caplog.text + " ".join(str(record.args) for record in caplog.records)
    assert token_of(served) not in said
    assert token_of(served) not in repr(served)


# ---- 5: what a page may do -----------------------------------------------------------------------------------------------


def test_every_answer_has_its_headers(served: Playground) -> None:
    """Pages may load from here and nowhere else, in no frame, and other sites may not read them."""
    answers = [
        ask_http(served, "GET", "/"), ask_http(served, "GET", "/main.js"), ask_http(served, "GET", "/nosuch"),
        ask_http(served, "GET", "/", cookie=""), ask_http(served, "GET", "/", Host="evil.example"),
        ask_http(served, "DELETE", "/"), ask_http(served, "POST", "/upload", b""), ask_http(served, "GET", served.url),
        ask_http(served, "OPTIONS", "/upload", Origin="http://evil.example"), ask_http(served, "GET", "/download/history"),
    ]  # fmt: skip
    for answer in answers:
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
        assert answer.headers["cross-origin-opener-policy"] == "same-origin"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert not [name for name in answer.headers if name.startswith("access-control")]
        assert "server" not in answer.headers
    assert answers[0].headers["content-security-policy"] == POLICY
    assert "unsafe" not in POLICY
    assert "http" not in POLICY


# ---- 6: uploads ----------------------------------------------------------------------------------------------------------


def send_file(served: Playground, body: bytes, **headers: str | None) -> tuple[int, Any]:
    """Return status and plain data of the answer to an upload."""
    answer = ask_http(served, "POST", "/upload", body, **headers)
    return answer.status, json.loads(answer.body)


def kept(served: Playground) -> list[Path]:
    """Return the files that there are."""
    return sorted(served._uploads._folder.iterdir())


def test_a_file_is_kept_for_its_owner_until_the_end() -> None:
    """In a folder that no other user can open, under a name that has nothing from outside."""
    with playground() as served:
        status, found = send_file(served, b"a,b\n1,2\n", Content_Disposition='attachment; filename="../../x"')
        assert status == 200
        path = served._uploads.paths[found["upload"]]
        assert path.read_bytes() == b"a,b\n1,2\n"
        assert re.fullmatch(r"[0-9a-f]{32}", path.name)
        if os.name == "posix":
            assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        assert served.call(lambda experiment: experiment.uploads[found["upload"]]) == path
    assert not path.parent.exists()


def test_files_are_deleted_by_a_program_that_just_ends() -> None:
    """Without a close."""
    code = (
        "import glassnet as gn; net = gn.Network([gn.Dense(1)], loss='binary_cross_entropy', seed=0);"
        "served = net.playground(block=False, open_browser=False);"
        "folder = served._uploads._folder; (folder / 'x').write_text('1'); print(folder)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert not Path(done.stdout.splitlines()[-1]).exists()


def test_a_file_has_fifty_megabytes_at_most(served: Playground) -> None:
    """Whatever it says about itself; nothing is left of one that has more."""
    before = kept(served)
    status, found = send_file(served, bytes(51_000_000))
    assert (status, found["error"][:72]) == (
        413,
        "the file is too large; it must have at most 50 MB. Name it where you sta",
    )
    chunk = b"%x\r\n" % 2**20 + bytes(2**20) + b"\r\n"
    coded = {"Transfer_Encoding": "chunked", "Content_Length": None}
    assert send_file(served, chunk * 49 + b"0\r\n\r\n", **coded)[0] == 413
    assert send_file(served, b"", Content_Length="0")[0] == 422
    assert kept(served) == before


def test_a_file_that_never_ends_is_given_up() -> None:
    """It is counted while it comes, and read only so far for the sake of the answer."""
    with playground(limits=PlayLimits(upload_bytes=2**20)) as served:
        status, _ = send_file(served, bytes(30 * 2**20), Content_Length=str(10**12))
        assert status == 413
        assert kept(served) == []


def test_a_file_that_stops_half_way_is_given_up() -> None:
    """After a while, and at once if the page has gone."""
    with playground(limits=PlayLimits(seconds_to_upload=0.2)) as served:
        status, found = send_file(served, b"a,b", Content_Length="1000")
        assert (status, found["error"]) == (408, "only a part of the file arrived within 0.2 seconds; all of it must.")
        assert kept(served) == []
    with playground() as served:
        own = f"127.0.0.1:{served.port}"
        with socket.create_connection(("127.0.0.1", served.port)) as link:
            head = (
                f"POST /upload HTTP/1.1\r\nHost: {own}\r\nCookie: {cookie_of(served)}\r\nContent-Length: 1000\r\n\r\n"
            )
            link.sendall(head.encode() + b"a,b")
            until = time.monotonic() + 10.0
            while not kept(served):
                assert time.monotonic() < until
        while kept(served):
            assert time.monotonic() < until


def test_all_files_together_have_a_limit() -> None:
    """So that a page cannot fill the disk."""
    with playground(limits=PlayLimits(uploads_bytes=2500)) as served:
        assert [send_file(served, bytes(1000))[0] for _ in range(3)] == [200, 200, 413]
        assert [send_file(served, bytes(500))[0] for _ in range(2)] == [200, 413]


def bomb_of_gzip() -> bytes:
    """Return a hundred megabytes in a hundred kilobytes."""
    packer = zlib.compressobj(9, wbits=31)
    return b"".join(packer.compress(bytes(2**20)) for _ in range(100)) + packer.flush()


@cache
def bomb_of_zip() -> bytes:
    """Return the same in a zip."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for place in range(4):
            archive.writestr(f"xl/sheet{place}.xml", bytes(25 * 2**20))
    return held.getvalue()


def lying_zip() -> bytes:
    """Return that zip, which says that it holds less."""
    return bomb_of_zip().replace(struct.pack("<I", 25 * 2**20), struct.pack("<I", 1000))


@pytest.mark.parametrize(
    ("make", "status", "said"),
    [
        (bomb_of_gzip, 413, "the file is too large once unpacked; it must have at most 60 MB."),
        (bomb_of_zip, 413, "the file is too large once unpacked; it must have at most 60 MB."),
        (lying_zip, 422, "the file cannot be unpacked"),
        (lambda: gzip.compress(b"a,b\n" * 1000)[:-20], 422, "the file cannot be unpacked"),
        (lambda: b"PK\x03\x04" + bytes(100), 422, "the file cannot be unpacked"),
    ],
    ids=["gzip", "zip", "a zip that lies", "cut off", "no zip"],
)
def test_what_grows_when_it_is_unpacked_is_refused(
    served: Playground, make: Callable[[], bytes], status: int, said: str
) -> None:
    """It is unpacked part by part and counted; nothing is left of it."""
    body = make()
    before = kept(served)
    assert len(body) < 10**6
    got, found = send_file(served, body)
    assert (got, found["error"][: len(said)]) == (status, said)
    assert kept(served) == before
    assert send_file(served, gzip.compress(b"a,b\n1,2\n"))[0] == 200


# ---- 7: no names of files, no code -------------------------------------------------------------------------------------


TRAVERSALS = [
    "/../../../etc/passwd", "/..%2f..%2fetc/passwd", "/%2e%2e/%2e%2e/pyproject.toml", "/main.js/../../worker.py",
    "/download/../../../etc/passwd", "/download/%2e%2e%2fmodel", "//etc/passwd", "/page/main.js", "/.", "/main.js%00.css",
    "/../worker.py", "/__init__.py", "/index.html/",
]  # fmt: skip


@pytest.mark.parametrize("path", TRAVERSALS)
def test_paths_lead_to_the_files_of_the_page_only(served: Playground, path: str) -> None:
    """They are looked up in a list, and never put together with a folder."""
    assert ask_http(served, "GET", path).status == 404


def test_the_page_is_the_files_of_its_folder(served: Playground) -> None:
    """All of them, each with its type."""
    for path, (content, _, kind) in page_assets().items():
        answer = ask_http(served, "GET", path)
        assert (answer.status, answer.body) == (200, content)
        assert answer.headers["content-type"].split(";")[0] == kind
        packed = ask_http(served, "GET", path, Accept_Encoding="gzip, br")
        assert packed.headers["content-encoding"] == "gzip"
        assert gzip.decompress(packed.body) == content


def test_a_page_cannot_name_a_file(served: Playground, page: Socket, tmp_path: Path) -> None:
    """Of data it knows the names that it was given for uploads; a path is no such name."""
    secret = tmp_path / "secret.csv"
    secret.write_text("a,b\n" + "1,2\n" * 50)
    for name in (str(secret), f"../{secret.name}", "", "/etc/passwd", ["a"], {"a": 1}, None):
        answer = page.ask("data", source={"kind": "upload", "upload": name})
        assert "error" in answer
        assert "this is a bug" not in answer["error"]
    for source in ({"kind": "file", "path": str(secret)}, {"kind": "bundled", "name": str(secret)}):
        answer = page.ask("data", source=source)
        assert "error" in answer
        assert "this is a bug" not in answer["error"]


# ---- 8: limits ---------------------------------------------------------------------------------------------------------


def test_five_pages_are_one_too_many(served: Playground) -> None:
    """The fifth is told so, and may come when another has gone."""
    pages = [connect(served) for _ in range(4)]
    with connect(served) as fifth:
        assert fifth.next() is None
        assert fifth.closed == (1013, "At most 4 pages can be open. Close one of the others.")
    pages.pop().link.close()
    until = time.monotonic() + 10.0
    while True:
        with connect(served) as again:
            again.send("hello")
            message = again.next()
        if message is not None:
            break
        assert time.monotonic() < until
    for page in pages:
        page.link.close()
    until = time.monotonic() + 10.0
    while served._pages._pages:
        assert time.monotonic() < until
        time.sleep(0.01)


def test_more_than_sixty_commands_a_second_are_answered_with_a_sentence(page: Socket) -> None:
    """The page is not cut off: later ones are answered again."""
    time.sleep(0.1)  # until what the fixture sent no longer counts
    numbers = [page.send("pause") for _ in range(200)]
    answers = [page.answer(number) for number in numbers]
    refused = [answer["error"] for answer in answers if "error" in answer]
    assert 50 < len(refused) <= 140
    assert set(refused) == {"playground: the page sent too many commands; it may send 60 a second. Wait a moment."}
    until = time.monotonic() + 10.0
    while "error" in page.ask("pause"):
        assert time.monotonic() < until


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"", "a message is text that is not JSON"),
        (b"{", "a message is text that is not JSON"),
        (b"[" * 100_000, "a message is text that is nested more than 20 deep"),
        (b'{"a":' * 100_000, "a message is text that is nested more than 20 deep"),
        (b"[" * 21 + b"]" * 21, "a message is text that is nested more than 20 deep"),
        (b'{"id": 1, "id": 2}', "a message is text that has the key 'id' twice"),
        (b'{"id": NaN}', "a message is text that has NaN, which JSON has not"),
        (b'{"id": ' + b"9" * 1000 + b"}", "a message is text that has a whole number of 1000 digits"),
        (b"[]", "a message is of type list; it must be an object"),
        (b'"hello"', "a message is of type str; it must be an object"),
        (b"null", "a message is of type NoneType; it must be an object"),
        (b"{}", "there is no command 'None'"),
        (b'{"do": {"a": 1}}', "there is no command"),
        (b'{"do": "__class__"}', "there is no command '__class__'"),
        (b'{"do": "<img src=x onerror=alert(1)>"}', "there is no command '<img src=x onerror=alert(1)>'"),
    ],
)
def test_what_is_no_message_is_answered_in_a_sentence(page: Socket, text: bytes, said: str) -> None:
    """And the page stays connected."""
    page.send_raw(text)
    assert page.answer(None)["error"].startswith(f"playground: {said}")
    assert page.ask("pause")["ok"]


def test_a_message_that_is_refused_as_a_whole_is_answered_by_its_number(page: Socket) -> None:
    """So that whoever sent it does not wait for ever."""
    page.send_raw(b'{"id": 77, "do": "step", "batches": ' + b"9" * 300 + b"}")
    said = "playground: a message is text that has a whole number of 300 digits; it must be JSON."
    assert page.answer(77) == {"id": 77, "error": said}


def test_bytes_are_no_message(page: Socket) -> None:
    """A page sends text."""
    page.send_raw(b"\0\1", 2)
    assert page.answer(None)["error"] == "playground: a message is in bytes; it must be text."


@pytest.mark.parametrize("parts", [1, 3])
def test_a_message_of_more_than_a_mebibyte_closes_the_socket(served: Playground, parts: int) -> None:
    """Before it is there as a whole, in one part or in several; the server goes on."""
    with connect(served) as page:
        page.ask("hello")
        text = json.dumps({"id": 1, "do": "pause", "more": "x" * 2**20}).encode()
        size = len(text) // parts + 1
        for place in range(parts):
            part = text[place * size : (place + 1) * size]
            try:
                page.send_raw(part, TEXT if place == 0 else 0, final=place == parts - 1)
            except OSError:
                break
        while page.next() is not None:
            pass
        assert page.closed is not None
        assert page.closed[0] in (1009, 1006)
    with connect(served) as page:
        assert page.ask("hello")["ok"]


def test_what_is_no_websocket_closes_the_socket(served: Playground) -> None:
    """Rubbish in the place of frames."""
    for rubbish in (bytes(1000), b"\xff" * 1000, b"GET / HTTP/1.1\r\n\r\n", b"\x81\x05hello"):
        with connect(served) as page:
            page.link.sendall(rubbish)
            while page.next() is not None:
                pass


def test_a_page_that_does_not_read_makes_nothing_grow(served: Playground) -> None:
    """Commands of a page that reads no answers wait; those of others are answered meanwhile."""
    with connect(served) as deaf, connect(served) as page:
        deaf.ask("hello")
        deaf.link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.link.settimeout(0.5)
        message = json.dumps({"id": 1, "do": "hello", "more": "x" * 1000}).encode()
        frame = struct.pack("!BBH", 0x80 | TEXT, 0xFE, len(message)) + bytes(4) + message
        with pytest.raises(TimeoutError):  # the server reads no more
            deaf.link.sendall(frame * 40_000)
        page.ask("run")
        own = served._pages._pages[0]
        assert len(own._texts) <= served._pages.limits.unanswered + 1
        assert page.ask("pause")["ok"]
    until = time.monotonic() + 10.0
    while served._pages._pages:
        assert time.monotonic() < until
        time.sleep(0.01)


def test_events_for_a_page_that_does_not_read_are_dropped(served: Playground) -> None:
    """Of states only the newest is kept, of frames one, of other events a hundred."""
    with connect(served) as deaf, connect(served) as page:
        deaf.ask("hello")
        page.ask("hello")
        own = served._pages._pages[0]
        deaf.link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        for k in range(300):
            served._pages.event(json.dumps({"event": "state", "more": "x" * 100_000}), is_state=True)
            served._pages.event('{"event": "notice", "text": ""}')
            served._pages.frame(bytes(1000), Key(1000, k))
            page.next()
        assert len([kind for _, kind in own._texts]) <= 101
        assert page.ask("pause")["ok"]


def test_pings_are_not_answered_without_end(served: Playground) -> None:
    """A page that sends them and does not read is cut off, before the answers fill the memory."""
    with connect(served) as deaf:
        deaf.ask("hello")
        deaf.link.settimeout(20.0)
        many = (bytes([0x80 | PING, 0x80 | 125]) + bytes(4) + bytes(125)) * 8000
        with pytest.raises(OSError, match=r"reset|[Bb]roken"):
            deaf.link.sendall(many * 100)
    with connect(served) as page:
        assert page.ask("hello")["ok"]


def test_a_hundred_thousand_messages_leave_the_server_alive(served: Playground) -> None:
    """As fast as they can be sent, answers read; another page is served meanwhile."""
    message = b"\x81\x8b\0\0\0\0" + b'{"do":"ack"'
    assert len(b'{"do":"ack"') == 11
    with connect(served) as fast, connect(served) as page:
        fast.ask("hello")
        fast.link.sendall(message * 1000 + (b"\x81\x8c\0\0\0\0" + b'{"do":"ack"}') * 20_000)
        assert page.ask("hello")["ok"]


HUGE = {
    "units": {"do": "set", "path": "layers.0.units", "value": 10_000_000},
    "a branch": {"do": "branch", "path": "layers.0.units", "value": 10_000_000},
    "a layer": {"do": "add_layer", "at": 0, "kind": "Dense", "config": {"units": 10_000_000}},
    "rows": {"do": "data", "source": {"kind": "toy", "name": "spirals", "options": {"n": 10**9}}},
    "a picture": {"do": "view", "resolution": 10**6},
    "steps": {"do": "step", "batches": 10**9},
    "no steps a second": {"do": "run", "per_second": 0},
    "steps a second": {"do": "run", "per_second": 1e300},
}  # fmt: skip


@pytest.mark.parametrize("name", HUGE)
def test_what_is_asked_for_has_its_limits(page: Socket, name: str) -> None:
    """One sentence before anything is allocated; the network is as before."""
    started = time.monotonic()
    answer = page.ask(**HUGE[name])
    assert "at most" in answer["error"] or "between" in answer["error"] or "at least" in answer["error"]
    assert "this is a bug" not in answer["error"]
    assert time.monotonic() - started < 5.0
    assert page.ask("step")["ok"]


def test_a_taken_port_is_not_shared(served: Playground, capsys: pytest.CaptureFixture[str]) -> None:
    """A second playground takes another port, and refuses that one in one sentence."""
    assert main(["playground", "--no-browser", "--port", str(served.port)]) == 2
    taken = f"'127.0.0.1' and {served.port}: address already in use; they must be free to listen on. Pass --port 0 for a free port."
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", f"glassnet playground: host and port are {taken}\n")
    with pytest.raises(ConfigError, match=r"; they must be free to listen on\. Pass port=0 for a free port."):
        Playground(first_experiment(), port=served.port)
    with playground() as other:
        assert other.port not in (0, served.port)

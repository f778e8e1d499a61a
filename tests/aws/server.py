"""A small strict HTTP/1.1 server: one thread for each connection, TLS where asked.

The standard library's server cannot misbehave on purpose. This one can end an answer in the
ways that a boot meets: a reset, half a body, no answer at all, a body without an end.
"""

import contextlib
import email.utils
import itertools
import socket
import ssl
import struct
import threading
import urllib.parse
from dataclasses import dataclass, field
from time import monotonic

HEAD_LIMIT = 64 * 1024
BODY_LIMIT = 4 * 1024 * 1024
HANDSHAKE_SECONDS = 10
SPARE_THREADS = 4                   # that wait for connections
LINGER_ZERO = struct.pack("ii", 1, 0)

REASONS = {
    200: "OK", 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found",
    405: "Method Not Allowed", 411: "Length Required", 413: "Payload Too Large",
    429: "Too Many Requests", 500: "Internal Server Error", 502: "Bad Gateway",
    503: "Service Unavailable", 504: "Gateway Timeout",
}

connection_numbers = itertools.count(1)


class BadRequest(Exception):
    """What arrived is not HTTP/1.1 as this server reads it."""

    def __init__(self, status):
        super().__init__(REASONS[status])
        self.status = status


@dataclass
class Request:
    """One request as received, and what became of it: the record that tests read."""

    method: str
    target: str                      # as on the request line: path and query
    headers: dict                    # lower-case names; repeated ones joined by a comma
    content: bytes = b""
    connection: int = 0              # a number for each TCP connection
    time: float = field(default_factory=monotonic)
    service: str = ""                # "imds", "route53", "ec2" or "sts"
    operation: str = ""              # "PutToken", "ChangeResourceRecordSets", ...
    instance_id: str = None          # who asked, where known
    status: int = None               # None until answered, and where no answer is sent
    error_code: str = None

    @property
    def path(self):
        """The path as sent, without the query."""
        return self.target.partition("?")[0]

    @property
    def query(self):
        """The query string as sent."""
        return self.target.partition("?")[2]

    @property
    def body(self):
        """The body as text."""
        return self.content.decode("utf-8", "replace")

    @property
    def parameters(self):
        """The query's parameters and, for a form, those of the body."""
        pairs = urllib.parse.parse_qsl(self.query, keep_blank_values=True)
        if self.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            pairs += urllib.parse.parse_qsl(self.body, keep_blank_values=True)
        return dict(pairs)


@dataclass
class Answer:
    """What goes back, and how its delivery ends.

    delivery: "whole"; "reset" (RST instead of the answer); "half" (half of it, then RST);
    "whole, reset" (RST behind it); "cut" (half of its head, then FIN);
    "hang" (nothing until somebody leaves); "endless" (the body repeated until the peer leaves);
    "trickle" (byte by byte, spread over `seconds`); "raw" (the body alone, as all that is sent,
    then `repeated` until the peer leaves).
    """

    status: int
    body: bytes = b""
    headers: dict = field(default_factory=dict)
    error_code: str = None
    delivery: str = "whole"
    seconds: float = 0
    repeated: bytes = b""

    def head(self):
        """The status line and the headers as bytes."""
        headers = dict(self.headers)
        if self.delivery == "endless":
            headers["Connection"] = "close"
        else:
            headers.setdefault("Content-Length", len(self.body))
        lines = [f"HTTP/1.1 {self.status} {REASONS.get(self.status, 'Unknown')}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")

    def bytes_for(self, method):
        """The whole answer; a HEAD gets no body."""
        return self.head() + (b"" if method == "HEAD" else self.body)

    def says_close(self):
        """Whether the connection ends with this answer."""
        return any(name.lower() == "connection" and str(value).lower() == "close"
                   for name, value in self.headers.items())


def http_date(seconds):
    """A time in the form of the Date header."""
    return email.utils.formatdate(seconds, usegmt=True)


class Connection:
    """One TCP connection: reads requests and sends answers until either side ends it."""

    def __init__(self, sock, listener):
        self.socket = sock
        self.listener = listener
        self.number = next(connection_numbers)
        self.received = b""
        self.ended = threading.Event()

    def run(self):
        """Serve the connection to its end. Whatever breaks here is the peer's business."""
        try:
            if self.listener.tls:
                self._handshake()
            while self._one_request():
                pass
        except (OSError, ValueError, AttributeError):
            pass  # the peer left, or stop() shut the socket under us
        finally:
            self.close()

    def _handshake(self):
        self.socket.settimeout(HANDSHAKE_SECONDS)
        self.socket = self.listener.tls.wrap_socket(self.socket, server_side=True)
        self.socket.settimeout(None)

    def _one_request(self):
        try:
            request = self._read_request()
        except BadRequest as problem:
            refusal = Answer(problem.status, headers={"Connection": "close"})
            self.socket.sendall(refusal.bytes_for("GET"))
            return False
        if request is None:
            return False
        answer = self.listener.handle(request)
        stays = self._deliver(answer, request.method)
        return stays and request.headers.get("connection", "").lower() != "close"

    def _read_request(self):
        while b"\r\n\r\n" not in self.received:
            if len(self.received) > HEAD_LIMIT:
                raise BadRequest(400)
            if not self._receive():
                return None
        head, _, self.received = self.received.partition(b"\r\n\r\n")
        request = parse_head(head.decode("latin-1"))
        request.connection = self.number
        request.content = self._read_body(request.headers)
        return None if request.content is None else request

    def _read_body(self, headers):
        if "transfer-encoding" in headers:
            raise BadRequest(411)
        length = headers.get("content-length", "0")
        if not length.isdigit():
            raise BadRequest(400)
        length = int(length)
        if length > BODY_LIMIT:
            raise BadRequest(413)
        if length and headers.get("expect", "").lower() == "100-continue":
            self.socket.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        while len(self.received) < length:
            if not self._receive():
                return None
        body, self.received = self.received[:length], self.received[length:]
        return body

    def _receive(self):
        data = self.socket.recv(65536)
        self.received += data
        return bool(data)

    def _deliver(self, answer, method):
        """Send the answer in the way it asks for; true when the connection may go on."""
        if answer.delivery == "whole":
            self.socket.sendall(answer.bytes_for(method))
            return not answer.says_close()
        if answer.delivery == "reset":
            self.reset()
        elif answer.delivery == "half":
            head = answer.head()
            self.socket.sendall(head + answer.body[:max(1, len(answer.body) // 2)])
            self.reset()
        elif answer.delivery == "cut":
            head = answer.head()
            self.socket.sendall(head[:len(head) // 2])
        elif answer.delivery == "whole, reset":
            self.socket.sendall(answer.bytes_for(method))
            self.reset()
        elif answer.delivery == "hang":
            while self._receive():
                self.received = b""
        elif answer.delivery == "endless":
            self._send_for_ever(answer)
        elif answer.delivery == "raw":
            self.socket.sendall(answer.body)
            self._repeat(answer.repeated)
        elif answer.delivery == "trickle":
            return self._trickle(answer, method)
        return False

    def _send_for_ever(self, answer):
        self.socket.sendall(answer.head())
        self._repeat(answer.body or b"A")

    def _repeat(self, piece):
        chunk = piece * (16384 // len(piece) + 1)
        while not self.listener.stopping.is_set():
            self.socket.sendall(chunk)

    def _trickle(self, answer, method):
        message = answer.bytes_for(method)
        for position in range(len(message)):
            self.socket.sendall(message[position:position + 1])
            if self.listener.stopping.wait(answer.seconds / len(message)):
                return False
        return not answer.says_close()

    def reset(self):
        """Close with a RST instead of a FIN."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_ZERO)
        self.socket.close()

    def wake(self):
        """End the connection from another thread: whoever reads from it sees its end."""
        with contextlib.suppress(OSError):
            # Not SSLSocket.shutdown, which takes the TLS state from under the reader.
            socket.socket.shutdown(self.socket, socket.SHUT_RDWR)

    def close(self):
        """Close the socket and leave the listener's list."""
        self.listener.forget(self)
        with contextlib.suppress(OSError):
            self.socket.close()
        self.ended.set()


def parse_head(text):
    """The request line and the headers of a request."""
    line, *rest = text.split("\r\n")
    words = line.split(" ")
    if len(words) != 3 or words[2] not in ("HTTP/1.1", "HTTP/1.0") or not words[1].startswith("/"):
        raise BadRequest(400)
    headers = {}
    for header in rest:
        name, colon, value = header.partition(":")
        if not colon or not name or name != name.strip():
            raise BadRequest(400)
        name, value = name.lower(), value.strip(" \t")
        headers[name] = f"{headers[name]},{value}" if name in headers else value
    if words[2] == "HTTP/1.0":
        headers.setdefault("connection", "close")
    return Request(words[0], words[1], headers)


class Listener:
    """A listening socket that can close and open again on the same port."""

    def __init__(self, address, handler, tls=None):
        self.address = tuple(address)     # port 0 until opened
        self.handler = handler            # Request -> Answer
        self.tls = tls
        self.stopping = threading.Event()
        self._socket = None
        self._parked = None               # holds the port while closed
        self._idle = set()                # threads that wait for a connection
        self._connections = {}            # Connection -> its thread
        self._lock = threading.Lock()

    @property
    def port(self):
        return self.address[1]

    @property
    def is_open(self):
        return self._socket is not None

    def open(self):
        """Listen. The port found the first time is kept for ever."""
        if self.is_open:
            return
        self.stopping.clear()
        self._socket, self._parked = self._parked or self._bound_socket(), None
        self._socket.listen(512)
        self.address = self._socket.getsockname()[:2]
        for _ in range(SPARE_THREADS):
            self._start_thread(self._socket)

    def _bound_socket(self):
        family = socket.AF_INET6 if ":" in self.address[0] else socket.AF_INET
        sock = socket.socket(family, socket.SOCK_STREAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind(self.address)
        except OSError:
            sock.close()
            raise
        return sock

    def _start_thread(self, listening):
        thread = threading.Thread(target=self._serve, args=(listening,), daemon=True,
                                  name=f"listener {self.port}")
        with self._lock:
            self._idle.add(thread)
        thread.start()

    def _serve(self, listening):
        """Serve one connection after the other. Who connects does not wait for a new thread."""
        thread = threading.current_thread()
        while True:
            try:
                sock, _ = listening.accept()
            except OSError:
                with self._lock:
                    self._idle.discard(thread)
                return
            with contextlib.suppress(OSError):
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection = Connection(sock, self)
            with self._lock:
                self._idle.discard(thread)
                self._connections[connection] = thread
                is_last = not self._idle
            if is_last:
                self._start_thread(listening)
            connection.run()
            with self._lock:
                if len(self._idle) >= SPARE_THREADS:
                    return
                self._idle.add(thread)

    def handle(self, request):
        return self.handler(request)

    def forget(self, connection):
        with self._lock:
            self._connections.pop(connection, None)

    def close(self, keep_port=True, drop=True):
        """Refuse new connections and, with `drop`, end the present ones and wait for them."""
        self.stopping.set()
        if self._socket:
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)
            with self._lock:
                idle = list(self._idle)
            for thread in idle:
                thread.join()
            self._socket.close()
            self._socket = None
            if keep_port:
                self._parked = self._bound_socket()
        if self._parked and not keep_port:
            self._parked.close()
            self._parked = None
        if drop:
            self.drop_connections(wait=True)

    def drop_connections(self, wait=False):
        """End every connection that is open now; the port stays open."""
        with self._lock:
            connections = dict(self._connections)
        for connection in connections:
            connection.wake()
        for connection, thread in connections.items():
            if wait and thread is not threading.current_thread():
                connection.ended.wait(timeout=5)


def server_tls(certificate, key):
    """A TLS context as AWS runs it: 1.2 or better."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certificate, key)
    return context

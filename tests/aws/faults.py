"""Faults that tests order: which requests they hit, how often, and what happens then."""

import re
import threading
import time

from aws.server import Answer

ACTIONS = ("answer", "reset_before", "reset_after", "reset_during", "reset_behind", "cut", "hang",
           "slow", "trickle", "endless", "big", "callback")


class Fault:
    """One fault. `hits` counts its strikes, and `matched` is an event that tests can wait for.

    It strikes requests of a service, operation, path (a substring or a regular expression,
    searched in path and query) and instance; the first `after` of them go free; then it strikes
    `times` (None = for ever), or for `duration` seconds from the first.

    action: answer        status, code and message in the service's own form, or a body
            reset_before  RST, and the request is not applied
            reset_after   apply it, then RST instead of the answer: a lost answer
            reset_during  apply it, send half of the answer, RST
            cut           apply it, send half of the answer's head, and close in good order
            reset_behind  apply it, send the answer as one who stays, RST
            hang          no answer until the peer leaves or the emulator stops
            slow          wait `seconds`, then apply and answer
            trickle       apply, then send the answer byte by byte within `seconds`
            endless       a body without an end
            big           a body of `size` bytes
            callback      function(request, proceed) returns an Answer, or None for the real one
    """

    def __init__(self, service=None, operation=None, path=None, instance_id=None, times=1,
                 after=0, duration=None, action="answer", status=None, code=None, message=None,
                 body=None, headers=None, seconds=None, size=None, function=None):
        if action not in ACTIONS:
            raise ValueError(f"no such action: {action!r}; there are {', '.join(ACTIONS)}")
        if action == "callback" and not callable(function):
            raise ValueError("action 'callback' needs function=")
        self.service, self.operation, self.instance_id = service, operation, instance_id
        self.path = re.compile(path) if isinstance(path, str) else path
        self.path_text = path if isinstance(path, str) else None
        self.times = None if duration is not None else times
        self.after, self.duration = after, duration
        self.action, self.status, self.code, self.message = action, status, code, message
        self.body = body.encode() if isinstance(body, str) else body
        self.headers = dict(headers or {})
        self.seconds, self.size, self.function = seconds, size, function
        self.hits = 0
        self.matched = threading.Event()
        self._skipped = 0
        self._first = None

    def selects(self, request):
        """Whether the request is of the kind this fault is about."""
        return (self.service in (None, request.service)
                and self.operation in (None, request.operation)
                and self.instance_id in (None, request.instance_id)
                and (self.path is None or (self.path_text and self.path_text in request.target)
                     or bool(self.path.search(request.target))))

    def take(self):
        """Count a selected request; true when the fault strikes it."""
        if self._skipped < self.after:
            self._skipped += 1
            return False
        now = time.monotonic()
        if self._first is None:
            self._first = now
        if self.duration is not None and now - self._first > self.duration:
            return False
        if self.times is not None and self.hits >= self.times:
            return False
        self.hits += 1
        self.matched.set()
        return True

    def play(self, request, proceed, service, stopping):
        """The answer that the fault makes of a request. `proceed()` applies it for real."""
        return getattr(self, f"_{self.action}")(request, proceed, service, stopping)

    def _answer(self, request, proceed, service, stopping):
        status = self.status or (400 if self.code else 200)
        if self.body is not None:
            answer = Answer(status, self.body, service.headers(), self.code)
        elif self.code or service.name == "imds":
            answer = service.error(request, status, self.code, self.message or "")
        else:
            answer = Answer(status, b"", service.headers())
        answer.headers.update(self.headers)
        return answer

    def _reset_before(self, request, proceed, service, stopping):
        return Answer(0, delivery="reset")

    def _reset_after(self, request, proceed, service, stopping):
        return self._delivered(proceed(), "reset")

    def _reset_during(self, request, proceed, service, stopping):
        return self._delivered(proceed(), "half")

    def _cut(self, request, proceed, service, stopping):
        return self._delivered(proceed(), "cut")

    def _reset_behind(self, request, proceed, service, stopping):
        return self._delivered(proceed(), "whole, reset")

    def _hang(self, request, proceed, service, stopping):
        return Answer(0, delivery="hang")

    def _slow(self, request, proceed, service, stopping):
        stopping.wait(1 if self.seconds is None else self.seconds)
        return proceed()

    def _trickle(self, request, proceed, service, stopping):
        answer = self._delivered(proceed(), "trickle")
        answer.seconds = 1 if self.seconds is None else self.seconds
        return answer

    def _endless(self, request, proceed, service, stopping):
        return Answer(self.status or 200, self.body or b"A", service.headers() | self.headers,
                      delivery="endless")

    def _big(self, request, proceed, service, stopping):
        pattern = self.body or b"A"
        size = 16 * 1024 * 1024 if self.size is None else self.size
        body = (pattern * (size // len(pattern) + 1))[:size]
        return Answer(self.status or 200, body, service.headers() | self.headers)

    def _callback(self, request, proceed, service, stopping):
        done = []

        def once():
            """However often the function asks, the request is applied once."""
            if not done:
                done.append(proceed())
            return done[0]
        return self.function(request, once) or once()

    @staticmethod
    def _delivered(answer, delivery):
        answer.delivery = delivery
        return answer


class Faults:
    """All faults in the order they were added; the first that strikes wins."""

    def __init__(self):
        self._faults = []
        self._lock = threading.Lock()

    def add(self, **arguments):
        """Order a fault (see Fault for the arguments) and return it."""
        fault = Fault(**arguments)
        with self._lock:
            self._faults.append(fault)
        return fault

    def remove(self, fault):
        """Take one fault back."""
        with self._lock:
            self._faults.remove(fault)

    def clear(self):
        """Take all faults back."""
        with self._lock:
            self._faults.clear()

    def strike(self, request):
        """The fault that strikes this request, or None."""
        with self._lock:
            for fault in self._faults:
                if fault.selects(request) and fault.take():
                    return fault
        return None

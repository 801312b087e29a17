"""What no test may do: reach another machine, or render a variable that the view did not provide."""

import ipaddress
import socket
import sys
from pathlib import Path

from django.conf import settings
from django.template.base import FilterExpression, Node


class NetworkUsed(AssertionError):
    pass


class UndefinedVariable(AssertionError):
    pass


# -- Network ------------------------------------------------------------------------------------


def is_local(address) -> bool:
    """Whether a socket address is on this machine: a unix socket's path, or (host, port, …) on the loopback."""
    if isinstance(address, (str, bytes)):
        return True
    host = address[0]
    if host in ("localhost", ""):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def refuse_network() -> None:
    """From here on this process connects to nothing outside the machine, and asks no name server.

    For good, not per test: a thread outliving its test is held to it as well.
    """

    class LocalSocket(socket.socket):
        def connect(self, address):
            _insist_on_local(address)
            return super().connect(address)

        def connect_ex(self, address):
            _insist_on_local(address)
            return super().connect_ex(address)

        def sendto(self, data, *args):
            _insist_on_local(args[-1])
            return super().sendto(data, *args)

    def getaddrinfo(host, *args, **kwargs):
        name = host.decode() if isinstance(host, bytes) else host
        if name is not None and not is_local((name, 0)):
            raise NetworkUsed(f"a test looked up the host {name}")
        return look_up(host, *args, **kwargs)

    if socket.socket.__name__ == "LocalSocket":
        return
    look_up = socket.getaddrinfo
    socket.socket = LocalSocket
    socket.getaddrinfo = getaddrinfo


def _insist_on_local(address):
    if not is_local(address):
        raise NetworkUsed(f"a test connected to {address}")


# -- Template variables -----------------------------------------------------------------------


class FailOnUndefined(str):
    """For the template engine's `string_if_invalid`: an empty string that objects to being used.

    Django asks it three things. Whether it is true (then it is used instead of ""), whether it contains "%s"
    (then it is formatted with the variable's name), and for its text. An undefined variable in a template of ours
    fails at the first two; one in a library's template stays the empty string it is in production.
    Inside `{% if %}` an undefined variable is allowed, as always in Django.
    """

    __slots__ = ()

    def __bool__(self):
        # The question comes also from filters and `if`, about a value that happens to be this object.
        frame = sys._getframe(1)
        if frame.f_code is FilterExpression.resolve.__code__:
            self._object(frame, frame.f_locals["self"].var)
        return False

    def __contains__(self, text):
        return text == "%s"  # asked by {% blocktranslate %}; its next question is __mod__

    def __mod__(self, variable):
        self._object(sys._getframe(1), variable)
        return ""

    def _object(self, frame, variable):
        template = _template_being_rendered(frame)
        if template and is_ours(template, str(variable)):
            raise UndefinedVariable(f"{template}: undefined variable {variable}")


def is_ours(template: str, variable: str) -> bool:
    """Whether we answer for this variable of this template (by its path)."""
    path = Path(template)
    if not path.is_relative_to(settings.BASE_DIR) or "site-packages" in path.parts:
        return False
    # allauth hands its elements a dictionary with only those attributes that a page has set.
    return not ("allauth" in path.parts and variable.partition(".")[0] in {"attrs", "slots"})


def _template_being_rendered(frame) -> str | None:
    """The path of the template whose node is being rendered at this frame; None outside files."""
    while frame:
        node = frame.f_locals.get("self")
        if isinstance(node, Node) and getattr(node, "origin", None):
            return node.origin.name
        frame = frame.f_back
    return None

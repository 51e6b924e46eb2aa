"""Why there is no answer, as a sentence: what requests, urllib3 and the system raise, turned into our own faults.

Imported by web and answers once there is something to explain. What they raise may hold the request with its key, so a fault made here
takes only the kind of it and a host's name, and must be raised outside of the `except` (no cause, no context).
"""

import http.client
import ssl

import requests
import urllib3.exceptions as low

from model_manager.core.errors import NetworkFault, OnlineFault, Refused
from model_manager.core.words import tr

# what sending and reading may raise: requests' own (an OSError), urllib3's, the system's, and ValueError for addresses and closed files
FAULTS = (OSError, low.HTTPError, http.client.HTTPException, ValueError)

_BAD_ADDRESS = (
    *(requests.exceptions.InvalidURL, requests.exceptions.MissingSchema, requests.exceptions.InvalidSchema),
    *(low.LocationValueError, UnicodeError),
)
_BAD_PROXY = (requests.exceptions.ProxyError, requests.exceptions.InvalidProxyURL, low.ProxyError)
_TIMEOUTS = (TimeoutError, requests.exceptions.Timeout, low.TimeoutError)


class SocksProxy(requests.exceptions.InvalidProxyURL):
    """The proxy to go through is of a kind for which there is no package here."""


class NoCertificates(OSError):
    """The file of certificates that the environment names is not there; raised with the name of the variable."""


def fault_from(error: BaseException, host: str) -> OnlineFault:
    """Return the fault for what was raised while asking `host` or reading its answer."""
    chain = list(_chain(error))

    def has(*kinds: type[BaseException]) -> bool:
        return any(isinstance(one, kinds) for one in chain)

    if isinstance(error, NoCertificates):
        return _offline(tr("The certificates that {name} names are not there. Nothing was asked.", name=error.args[0]))
    if isinstance(error, SocksProxy):
        return _offline(tr("Proxies of the kind SOCKS are not supported. Set an HTTP proxy, or none."))
    if has(*_BAD_PROXY):
        return _offline(tr("{host} was not reached: the proxy does not answer, or refuses. Check the proxy in the settings.", host=host))
    if isinstance(error, _BAD_ADDRESS):
        return Refused(tr("The address cannot be used: it is not a web address. Check the link."), "bad_request")
    if has(ssl.SSLCertVerificationError):
        return _offline(_certificate(host))
    if has(low.NameResolutionError):
        return _offline(tr("{host} was not found. Check that this computer is online; it will be tried again.", host=host))
    if has(ConnectionRefusedError):
        return _offline(tr("{host} takes no connections at the moment. It will be tried again.", host=host))
    if has(low.NewConnectionError):  # before the timeouts, of which urllib3 holds it to be one
        return _offline(tr("{host} could not be reached. Check that this computer is online; it will be tried again.", host=host))
    if has(*_TIMEOUTS):
        return NetworkFault(tr("{host} did not answer in time. It will be tried again.", host=host), "timeout")
    if has(ssl.SSLError, low.SSLError) and not has(ssl.SSLEOFError, low.ProtocolError):
        return _offline(tr("No secure connection to {host} could be made. It will be tried again.", host=host))
    return dropped(host)


def dropped(host: str) -> NetworkFault:
    """Return the fault of an answer that was cut off."""
    return NetworkFault(tr("The connection to {host} was cut off. What has arrived is kept; it will be tried again.", host=host), "dropped")


def _offline(text: str) -> NetworkFault:
    return NetworkFault(text, "offline")


def _certificate(host: str) -> str:
    return tr(
        "{host} could not prove who it is (its certificate is not accepted). Nothing was sent to it. "
        "Check the clock of this computer, and whether a proxy or a virus scanner reads along.",
        host=host,
    )


def _chain(error: BaseException) -> list[BaseException]:
    """Return the error and all that it wraps: as cause, as context, as urllib3's reason, as an argument."""
    found: list[BaseException] = []
    rest: list[object] = [error]
    while rest and len(found) < 20:
        one = rest.pop(0)
        if isinstance(one, BaseException) and one not in found:
            found.append(one)
            rest += [getattr(one, "reason", None), one.__cause__, one.__context__, *one.args]
    return found

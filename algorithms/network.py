"""The network through QGIS: its proxy, its certificates, its authentications.

`QgsBlockingNetworkRequest` follows redirects by itself, and sends the authentication along to
wherever they lead. So requests go through the manager below it, one by one, and redirects are
looked at before they are followed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from time import monotonic
from typing import Any

from qgis.core import QgsApplication, QgsNetworkAccessManager, QgsProcessingParameterAuthConfig
from qgis.PyQt.QtCore import QEventLoop, QTimer, QUrl
from qgis.PyQt.QtNetwork import QNetworkReply, QNetworkRequest

from ..engine.catalogue.network import Answer, Credentials, NoAnswer
from ..engine.common.errors import Cancelled, CatalogueError
from ..engine.common.hooks import Check
from .base import LandslipAlgorithm

_LOOK = 100  # milliseconds between questions whether to stop
_STATUS = QNetworkRequest.Attribute.HttpStatusCodeAttribute
#: Qt's own words hold the whole address, and with it a signature.
_REASONS = {
    QNetworkReply.NetworkError.ConnectionRefusedError: "connection refused",
    QNetworkReply.NetworkError.RemoteHostClosedError: "the connection broke off",
    QNetworkReply.NetworkError.HostNotFoundError: "no such host",
    QNetworkReply.NetworkError.TimeoutError: "no answer in time",
    QNetworkReply.NetworkError.OperationCanceledError: "no answer in time",
    QNetworkReply.NetworkError.SslHandshakeFailedError: "its certificate is not good",
    QNetworkReply.NetworkError.ProxyConnectionRefusedError: "the proxy refuses",
    QNetworkReply.NetworkError.ProxyNotFoundError: "there is no such proxy",
    QNetworkReply.NetworkError.ProxyAuthenticationRequiredError: "the proxy wants a password",
}


def auth_parameter(algorithm: LandslipAlgorithm) -> QgsProcessingParameterAuthConfig:
    """The authentication that a catalogue may need."""
    return QgsProcessingParameterAuthConfig("AUTH", algorithm.tr("Authentication"), optional=True)


class QgisCarrier:
    """Sends requests through QGIS, from the thread that it is used in."""

    threads = 1

    def get(self, url: str, headers: Mapping[str, str], timeout: float, cancelled: Check) -> Answer:
        """Send one request.

        Raises:
            NoAnswer: No server answered.
            Cancelled: The user stopped the run.
        """
        request = QNetworkRequest(QUrl(url))
        for name, value in headers.items():
            request.setRawHeader(name.encode(), value.encode())
        kinds, policies = QNetworkRequest.Attribute, QNetworkRequest.RedirectPolicy
        request.setAttribute(kinds.RedirectPolicyAttribute, policies.ManualRedirectPolicy)
        # What is asked for with a token, or with a signature in its address, stays in no cache.
        request.setAttribute(
            kinds.CacheLoadControlAttribute, QNetworkRequest.CacheLoadControl.AlwaysNetwork
        )
        request.setAttribute(kinds.CacheSaveControlAttribute, False)
        reply = QgsNetworkAccessManager.instance().get(request)
        try:
            while reply.attribute(_STATUS) is None and not reply.isFinished():
                _wait(reply, timeout, cancelled)
            status = reply.attribute(_STATUS)
            if status is None:
                raise NoAnswer(_reason(reply))
        except BaseException:
            _end(reply)
            raise
        names = {
            bytes(name).decode("latin-1").lower(): bytes(value).decode("latin-1")
            for name, value in reply.rawHeaderPairs()
        }
        return Answer(int(status), names, _chunks(reply, timeout, cancelled))


def _chunks(reply: Any, timeout: float, cancelled: Check) -> Iterator[bytes]:
    try:
        while True:
            content = bytes(reply.readAll())
            if content:
                yield content
            elif reply.isFinished():
                break
            else:
                _wait(reply, timeout, cancelled)
        if reply.error() in _REASONS:  # not those that a status tells already
            raise NoAnswer(_reason(reply))
    finally:
        _end(reply)


def _wait(reply: Any, timeout: float, cancelled: Check) -> None:
    """Wait until something has come.

    Raises:
        NoAnswer: Nothing came in time.
        Cancelled: The user stopped the run.
    """
    loop, timer = QEventLoop(), QTimer()
    timer.timeout.connect(loop.quit)
    timer.start(_LOOK)
    for signal in (reply.readyRead, reply.finished, reply.metaDataChanged):
        signal.connect(loop.quit)
    started = monotonic()
    while True:
        if cancelled():
            raise Cancelled("Stopped on request.")
        if reply.bytesAvailable() or reply.isFinished():
            return
        if monotonic() - started > timeout:
            raise NoAnswer("no answer in time")
        before = reply.attribute(_STATUS)
        loop.exec()
        if reply.attribute(_STATUS) != before:
            return


def _reason(reply: Any) -> str:
    return _REASONS.get(reply.error(), "the connection failed")


def _end(reply: Any) -> None:
    if not reply.isFinished():
        reply.abort()
    reply.deleteLater()


def credentials_of(authentication: str) -> Credentials | None:
    """The headers that an authentication of QGIS adds to a request.

    Args:
        authentication: Its id; empty for none.
    """
    if not authentication:
        return None

    def headers(url: str) -> Mapping[str, str]:
        request = QNetworkRequest(QUrl(url))
        done, request = QgsApplication.authManager().updateNetworkRequest(request, authentication)
        found = {
            bytes(name).decode("latin-1"): bytes(request.rawHeader(name)).decode("latin-1")
            for name in request.rawHeaderList()
        }
        if not done or not found or request.url() != QUrl(url):
            raise CatalogueError(
                f"The authentication {authentication} gives no header for a request; expected one "
                "of the kinds Basic, API Header or OAuth2 (with the token in the header). Check it "
                "under Settings > Options > Authentication, and that the master password is set."
            )
        return found

    return headers

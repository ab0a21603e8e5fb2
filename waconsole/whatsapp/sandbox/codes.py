"""WhatsApp's error codes and the shape in which it refuses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

# code: (HTTP status, title). The title is fixed, what happened stands in the details.
CODES: Final[Mapping[int, tuple[int, str]]] = {
    0: (401, "AuthException"),
    1: (400, "API Unknown"),
    2: (503, "API Service"),
    3: (500, "API Method"),
    4: (400, "Application request limit reached"),
    10: (403, "Permission Denied"),
    33: (400, "Parameter value is not valid"),
    100: (400, "Invalid parameter"),
    190: (401, "Invalid OAuth access token"),
    200: (403, "API Permission"),
    368: (403, "Temporarily blocked for policies violations"),
    2200: (400, "Callback verification failed"),
    2500: (400, "Unknown path components"),
    80007: (400, "Rate limit issues"),
    130403: (400, "Recipient is blocked by the business"),
    130429: (400, "Rate limit hit"),
    130472: (400, "User's number is part of an experiment"),
    130497: (403, "Business account is restricted from messaging users in this country"),
    131000: (500, "Something went wrong"),
    131005: (403, "Access denied"),
    131008: (400, "Required parameter is missing"),
    131009: (400, "Parameter value is not valid"),
    131016: (500, "Service unavailable"),
    131020: (400, "Group has a single member"),
    131021: (400, "Recipient cannot be sender"),
    131026: (400, "Message undeliverable"),
    131030: (400, "Recipient phone number not in allowed list"),
    131031: (403, "Account has been locked"),
    131037: (400, "Display name approval is needed"),
    131041: (400, "Group unknown"),
    131042: (400, "Business eligibility payment issue"),
    131044: (400, "Business eligibility payment issue"),
    131045: (500, "Incorrect certificate"),
    131047: (400, "Re-engagement message"),
    131048: (400, "Spam rate limit hit"),
    131049: (400, "Message not delivered to maintain a healthy ecosystem engagement"),
    131050: (400, "User has stopped marketing messages"),
    131051: (400, "Unsupported message type"),
    131052: (400, "Media download error"),
    131053: (400, "Media upload error"),
    131055: (400, "Method not allowed"),
    131056: (400, "(Business Account, Consumer Account) pair rate limit hit"),
    131057: (500, "Account in maintenance mode"),
    131059: (400, "Cursor expired"),
    131062: (400, "Business-scoped ids are not supported for this message"),
    131063: (400, "Marketing message sent with the wrong API"),
    131064: (400, "Limited for template classification violations"),
    131201: (206, "Partial success"),
    131202: (400, "Duplicate participant"),
    131203: (400, "User has not accepted the terms"),
    131204: (400, "Too many participants"),
    131207: (403, "Group suspended"),
    131208: (429, "Too many group operations"),
    131209: (400, "Group picture is not valid"),
    131210: (400, "Group picture has the wrong size"),
    131211: (400, "Group limit reached"),
    131212: (400, "Participant is not in the group"),
    131213: (400, "Join request is not available"),
    131214: (400, "Group creation is disabled"),
    131215: (400, "Number is not eligible for groups"),
    132000: (400, "Template parameter count mismatch"),
    132001: (404, "Template does not exist"),
    132005: (400, "Template hydrated text too long"),
    132007: (400, "Template format character policy violated"),
    132012: (400, "Template parameter format mismatch"),
    132015: (400, "Template is paused"),
    132016: (400, "Template is disabled"),
    132018: (400, "Template parameter is not valid"),
    132068: (400, "Flow is blocked"),
    132069: (400, "Flow is throttled"),
    133004: (503, "Server temporarily unavailable"),
    133010: (400, "Phone number not registered"),
    133016: (400, "Account register deregister rate limit exceeded"),
    134100: (400, "Only marketing messages are supported"),
    134101: (400, "Template is being synchronised"),
    135000: (400, "Generic user error"),
    139100: (400, "Failed to block or unblock some users"),
    139101: (400, "Block list limit reached"),
    139102: (400, "Block list concurrent update"),
    139103: (500, "Block list internal error"),
    137000: (400, "Identity key has changed"),
}
HTTP_STATUS: Final = 400  # of a code that is not in the table
GRAPH_LEVEL: Final = frozenset({0, 190, 2200, 2500})  # refused before WhatsApp itself saw the request
PASSING: Final = frozenset({2, 131016})


class GraphError(Exception):
    """WhatsApp refuses a request: its `code`, the HTTP status it comes with, the details for a person.

    `by_graph` is a refusal of the gate before WhatsApp: it has no `error_data`.
    """

    def __init__(
        self, code: int, details: str, *, by_graph: bool = False, subcode: int | None = None
    ) -> None:
        """The status and the title are those of the code."""
        super().__init__(details)
        self.code = code
        self.details = details
        self.by_graph = by_graph or code in GRAPH_LEVEL
        self.subcode = subcode

    @property
    def http_status(self) -> int:
        """The HTTP status of the answer."""
        return CODES.get(self.code, (HTTP_STATUS, ""))[0]

    def document(self, trace: str) -> dict[str, Any]:
        """The body of the answer; `trace` is WhatsApp's own id of the failure."""
        # Meta prints what is wrong in the message itself for its general code, the title for all others.
        if self.by_graph:
            said = self.details
        else:
            said = f"(#{self.code}) {self.details if self.code == 100 else title(self.code)}"
        error: dict[str, Any] = {
            "message": said,
            "type": "GraphMethodException" if self.subcode else "OAuthException",
            "code": self.code,
        }
        if self.subcode:
            error["error_subcode"] = self.subcode
        if self.code in PASSING:
            error["is_transient"] = True
        if not self.by_graph:
            error["error_data"] = {"messaging_product": "whatsapp", "details": self.details}
        return {"error": {**error, "fbtrace_id": trace}}


def title(code: int) -> str:
    """What a code is called."""
    return CODES.get(code, (HTTP_STATUS, "Something else went wrong"))[1]


def status_error(code: int, details: str) -> dict[str, Any]:
    """The same refusal as it stands in a status or in a message of a webhook."""
    return {
        "code": code,
        "title": title(code),
        "message": title(code),
        "error_data": {"details": details},
        "href": "https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes/",
    }

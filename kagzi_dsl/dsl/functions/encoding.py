"""JSON, Base64 and digests of text."""

from __future__ import annotations

import base64
import binascii

from kagzi_dsl import payload
from kagzi_dsl.dsl.budget import Evaluation, check_output
from kagzi_dsl.dsl.functions.signature import function
from kagzi_dsl.dsl.json_text import loads
from kagzi_dsl.errors import ExpressionError, PayloadError
from kagzi_dsl.payload import Json


@function(
    "parse_json(text: string) -> any",
    "The value of a JSON text.",
    example="parse_json('[1, true]')",
    gives=[1, True],
    budgeted=True,
)
def _parse_json(evaluation: Evaluation, text: str) -> Json:
    evaluation.write(len(text))
    try:
        return loads(text)
    except PayloadError as error:
        raise ExpressionError(str(error)) from None


@function(
    "to_json(value: any) -> string",
    "A value as JSON text, without spaces; unlike to_string() it puts a string in quotes.",
    example="to_json('a')",
    gives='"a"',
    budgeted=True,
)
def _to_json(evaluation: Evaluation, value: Json) -> str:
    check_output(value)
    try:
        text = payload.dumps(value)
    except PayloadError as error:
        raise ExpressionError(str(error)) from None
    evaluation.write(len(text))
    return text


@function(
    "base64_encode(text: string) -> string",
    "The Base64 of a text's UTF-8 bytes (RFC 4648 §4).",
    example="base64_encode('Kägzi')",
    gives="S8OkZ3pp",
    budgeted=True,
)
def _base64_encode(evaluation: Evaluation, text: str) -> str:
    evaluation.write(2 * len(text))
    return base64.b64encode(_utf8(text)).decode()


@function(
    "base64_decode(text: string) -> string",
    "The text whose UTF-8 bytes this is the Base64 of.",
    example="base64_decode('S8OkZ3pp')",
    gives="Kägzi",
    budgeted=True,
)
def _base64_decode(evaluation: Evaluation, text: str) -> str:
    evaluation.write(len(text))
    try:
        return base64.b64decode(text, validate=True).decode()
    except UnicodeDecodeError:
        raise ExpressionError("the decoded bytes are not UTF-8 text") from None
    except (binascii.Error, ValueError):
        raise ExpressionError("the text is not Base64") from None


@function(
    "sha256(text: string) -> string",
    "The SHA-256 of a text's UTF-8 bytes, in hexadecimal.",
    example="sha256('abc')",
    gives="ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    budgeted=True,
)
def _sha256(evaluation: Evaluation, text: str) -> str:
    evaluation.write(len(text))
    import hashlib  # not to check a document: it loads OpenSSL

    return hashlib.sha256(_utf8(text)).hexdigest()


def _utf8(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise ExpressionError("the text holds a lone surrogate, which has no UTF-8 form") from None

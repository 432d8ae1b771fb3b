"""JSON-RPC errors, with the codes and words of a real node."""

from collections.abc import Sequence

from deploy.localnet.json_types import Json, JsonObject

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
INTERNAL_ERROR = -32603
PREFLIGHT_FAILURE = -32002
SIGNATURE_VERIFICATION_FAILURE = -32003
BLOCK_NOT_AVAILABLE = -32004
UNSUPPORTED_TRANSACTION_VERSION = -32015
MIN_CONTEXT_SLOT_NOT_REACHED = -32016
"""Source: the JSON-RPC 2.0 specification, and Solana's ``rpc_custom_error``."""

_TRANSACTION_MESSAGES = {
    "AccountNotFound": "Attempt to debit an account but found no record of a prior credit.",
    "AddressLookupTableNotFound": "Transaction loads an address table account that doesn't exist",
    "AlreadyProcessed": "This transaction has already been processed",
    "BlockhashNotFound": "Blockhash not found",
    "InsufficientFundsForFee": "Insufficient funds for fee",
    "InvalidAccountForFee": "This account may not be used to pay transaction fees",
    "InvalidAddressLookupTableIndex": "Transaction address table lookup uses an invalid index",
    "ProgramAccountNotFound": "Attempt to load a program that does not exist",
    "SanitizeFailure": "Transaction failed to sanitize accounts offsets correctly",
    "SignatureFailure": "Transaction did not pass signature verification",
}
_INSTRUCTION_MESSAGES = {
    "AccountAlreadyInitialized": "instruction requires an uninitialized account",
    "AccountNotExecutable": "instruction expected an executable account",
    "ComputationalBudgetExceeded": "Computational budget exceeded",
    "ExternalAccountLamportSpend": (
        "instruction spent from the balance of an account it does not own"
    ),
    "IncorrectProgramId": "incorrect program id for instruction",
    "InsufficientFunds": "insufficient funds for instruction",
    "InvalidAccountData": "invalid account data for instruction",
    "InvalidAccountOwner": "Invalid account owner",
    "InvalidArgument": "invalid program argument",
    "InvalidInstructionData": "invalid instruction data",
    "MissingRequiredSignature": "missing required signature for instruction",
    "NotEnoughAccountKeys": "insufficient account keys for instruction",
    "PrivilegeEscalation": "Cross-program invocation with unauthorized signer or writable account",
    "ProgramFailedToComplete": "Program failed to complete",
    "UninitializedAccount": "instruction requires an initialized account",
    "UnsupportedProgramId": "Unsupported program id",
}
"""Source: the display strings of Solana's ``TransactionError`` and ``InstructionError``."""


class RpcError(Exception):
    """A request is answered with an error; nothing else happened."""

    def __init__(self, code: int, message: str, data: Json = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.data = data

    def to_json(self) -> JsonObject:
        """Build the ``error`` member of the reply."""
        body: JsonObject = {"code": self.code, "message": self.message}
        return body if self.data is None else {**body, "data": self.data}


def invalid_params(message: str) -> RpcError:
    """Build the error for parameters that mean nothing."""
    return RpcError(INVALID_PARAMS, message)


def preflight_failure(err: Json, logs: Sequence[str], units_consumed: int) -> RpcError:
    """Build the error of a transaction whose simulation failed."""
    data: JsonObject = {
        "accounts": None,
        "err": err,
        "innerInstructions": None,
        "logs": list(logs),
        "replacementBlockhash": None,
        "returnData": None,
        "unitsConsumed": units_consumed,
    }
    message = f"Transaction simulation failed: {transaction_error_text(err)}"
    return RpcError(PREFLIGHT_FAILURE, message, data)


def transaction_error_text(err: Json) -> str:
    """Say a transaction error the way a node does."""
    if isinstance(err, str):
        return _TRANSACTION_MESSAGES.get(err, err)
    if not isinstance(err, dict) or not err:
        return str(err)
    tag, detail = next(iter(err.items()))
    if tag == "InstructionError" and isinstance(detail, list):
        index, cause = detail
        return f"Error processing Instruction {index}: {_instruction_error_text(cause)}"
    if tag == "InsufficientFundsForRent" and isinstance(detail, dict):
        index = detail["account_index"]
        return f"Transaction results in an account ({index}) with insufficient funds for rent"
    return tag


def _instruction_error_text(cause: Json) -> str:
    if isinstance(cause, dict) and isinstance(cause.get("Custom"), int):
        return f"custom program error: {cause['Custom']:#x}"
    return _INSTRUCTION_MESSAGES.get(str(cause), str(cause))

"""Reading transfers out of transactions."""

from solders.hash import Hash
from solders.keypair import Keypair
from solders.message import MessageV0
from solders.pubkey import Pubkey
from solders.transaction import VersionedTransaction

from deploy.services.chain import Transfer, memo_instruction, transfer_instruction, transfers_in

PAYER = Keypair.from_seed(b"p" * 32)


def test_a_transfer_is_read_back_as_it_was_written() -> None:
    source, destination = (str(Pubkey.new_unique()) for _ in range(2))
    transfer = Transfer(source, destination, 1_234_567)
    instructions = [transfer_instruction(PAYER.pubkey(), transfer), memo_instruction("refund:x")]
    message = MessageV0.try_compile(PAYER.pubkey(), instructions, [], Hash.default())

    assert transfers_in(bytes(VersionedTransaction(message, [PAYER]))) == (transfer,)

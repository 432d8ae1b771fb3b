// Send a transfer of lamports with @solana/kit, wait for it over the websocket, then replay it.
//
//   SVM_PRIVATE_KEY=... SVM_RPC_URL=... SVM_WS_URL=... node confirm.mjs RECIPIENT LAMPORTS
//
// The last line of output is JSON: {signature, notice, replay, resent}. `notice` is what the
// signature's own subscription said, `replay` how the node answered the same transaction again,
// `resent` the signature it answered when it was told not to check first.

import {
  AccountRole,
  SOLANA_ERROR__TRANSACTION_ERROR__ALREADY_PROCESSED,
  address,
  appendTransactionMessageInstruction,
  createKeyPairSignerFromBytes,
  createSolanaRpc,
  createSolanaRpcSubscriptions,
  createTransactionMessage,
  getBase58Encoder,
  getBase64EncodedWireTransaction,
  getSignatureFromTransaction,
  getStructEncoder,
  getU32Encoder,
  getU64Encoder,
  isSolanaError,
  pipe,
  sendAndConfirmTransactionFactory,
  setTransactionMessageFeePayerSigner,
  setTransactionMessageLifetimeUsingBlockhash,
  signTransactionMessageWithSigners,
} from "@solana/kit";

const SYSTEM_PROGRAM = address("11111111111111111111111111111111");
const SYSTEM_TRANSFER = 2; // number of the system program's Transfer instruction
const PATIENCE_MS = 20_000;

function required(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set`);
  return value;
}

function transfer(from, to, lamports) {
  const layout = getStructEncoder([
    ["instruction", getU32Encoder()],
    ["lamports", getU64Encoder()],
  ]);
  return {
    programAddress: SYSTEM_PROGRAM,
    accounts: [
      { address: from.address, role: AccountRole.WRITABLE_SIGNER, signer: from },
      { address: to, role: AccountRole.WRITABLE },
    ],
    data: layout.encode({ instruction: SYSTEM_TRANSFER, lamports }),
  };
}

async function signed(rpc, recipient, lamports) {
  const secret = getBase58Encoder().encode(required("SVM_PRIVATE_KEY"));
  const payer = await createKeyPairSignerFromBytes(secret);
  const { value: blockhash } = await rpc.getLatestBlockhash().send();
  return signTransactionMessageWithSigners(
    pipe(
      createTransactionMessage({ version: 0 }),
      (message) => setTransactionMessageFeePayerSigner(payer, message),
      (message) => setTransactionMessageLifetimeUsingBlockhash(blockhash, message),
      (message) => appendTransactionMessageInstruction(transfer(payer, recipient, lamports), message),
    ),
  );
}

async function refusal(attempt) {
  try {
    await attempt();
  } catch (error) {
    const processed = SOLANA_ERROR__TRANSACTION_ERROR__ALREADY_PROCESSED;
    if (isSolanaError(error.cause, processed)) return "already processed";
    throw error;
  }
  return null;
}

async function run(recipient, lamports) {
  const rpc = createSolanaRpc(required("SVM_RPC_URL"));
  const rpcSubscriptions = createSolanaRpcSubscriptions(required("SVM_WS_URL"));
  const sendAndConfirm = sendAndConfirmTransactionFactory({ rpc, rpcSubscriptions });
  const abortSignal = AbortSignal.timeout(PATIENCE_MS);
  const transaction = await signed(rpc, recipient, lamports);
  const signature = getSignatureFromTransaction(transaction);

  const notices = await rpcSubscriptions
    .signatureNotifications(signature, { commitment: "finalized" })
    .subscribe({ abortSignal });
  // Asked for before anything is sent: what comes while nobody has asked yet is dropped by kit.
  const heard = notices[Symbol.asyncIterator]().next();
  await sendAndConfirm(transaction, { commitment: "confirmed", abortSignal });
  const { value: notice } = await heard;

  const replay = await refusal(() =>
    sendAndConfirm(transaction, { commitment: "confirmed", abortSignal }),
  );
  const resent = await rpc
    .sendTransaction(getBase64EncodedWireTransaction(transaction), {
      encoding: "base64",
      skipPreflight: true,
    })
    .send();
  return { signature, notice, replay, resent };
}

const [recipient, lamports] = process.argv.slice(2);
if (!recipient || !lamports) throw new Error("usage: node confirm.mjs RECIPIENT LAMPORTS");
const report = await run(address(recipient), BigInt(lamports));
const line = JSON.stringify(report, (_, value) => (typeof value === "bigint" ? Number(value) : value));
// The websocket would keep the process alive.
process.stdout.write(`${line}\n`, () => process.exit(0));

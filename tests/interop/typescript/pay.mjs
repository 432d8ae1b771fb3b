// Call one paid service with the published x402 client and print what came of it.
//
//   SVM_PRIVATE_KEY=... SVM_RPC_URL=... [MAX_PAYMENT_USD=...] node pay.mjs URL JSON_BODY
//
// The last line of output is JSON: {status, contentType, body, transaction}, where `body` is text
// and `transaction` is null when no receipt came back; or {refused} with the client's own reason
// when it would not pay. Without MAX_PAYMENT_USD the client keeps its default spend controls.

import { createKeyPairSignerFromBytes, getBase58Encoder } from "@solana/kit";
import { decodePaymentResponseHeader, wrapFetchWithPayment, x402Client } from "@x402/fetch";
import { ExactSvmScheme } from "@x402/svm";

const DEVNET = "solana:EtWTRABZaYq6iMfeYKouRu166VU2xqa1";

function required(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set`);
  return value;
}

async function payingFetch() {
  const secret = getBase58Encoder().encode(required("SVM_PRIVATE_KEY"));
  const signer = await createKeyPairSignerFromBytes(secret);
  // Named on purpose: without a URL the package asks a public node.
  const scheme = new ExactSvmScheme(signer, { rpcUrl: required("SVM_RPC_URL") });
  const client = new x402Client().register(DEVNET, scheme);
  const cap = process.env.MAX_PAYMENT_USD;
  if (cap) client.setSpendControls({ maxAmountPerPayment: cap });
  return wrapFetchWithPayment(fetch, client);
}

async function pay(url, body) {
  const call = await payingFetch();
  const headers = { "content-type": "application/json" };
  let response;
  try {
    response = await call(url, { method: "POST", headers, body });
  } catch (error) {
    // The package wraps everything that stops it before it pays in this one sentence.
    if (!error.message.startsWith("Failed to create payment payload: ")) throw error;
    return { refused: error.message };
  }
  const receipt = response.headers.get("payment-response");
  return {
    status: response.status,
    contentType: response.headers.get("content-type"),
    body: await response.text(),
    transaction: receipt ? decodePaymentResponseHeader(receipt).transaction || null : null,
  };
}

const [url, body] = process.argv.slice(2);
if (!url || !body) throw new Error("usage: node pay.mjs URL JSON_BODY");
process.stdout.write(`${JSON.stringify(await pay(url, body))}\n`);

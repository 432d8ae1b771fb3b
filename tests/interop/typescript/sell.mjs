// A seller made of the published packages: node sell.mjs PORT FACILITATOR SOLANA_PAYEE EVM_PAYEE
// Sells at /svm, /evm and /both; the last lists a dearer Solana price first.
import { HTTPFacilitatorClient } from "@x402/core/server";
import { ExactEvmScheme } from "@x402/evm/exact/server";
import { paymentMiddleware, x402ResourceServer } from "@x402/express";
import { ExactSvmScheme } from "@x402/svm/exact/server";
import express from "express";

const [port, facilitator, solanaPayee, evmPayee] = process.argv.slice(2);
const SOLANA = "solana:EtWTRABZaYq6iMfeYKouRu166VU2xqa1";
const BASE = "eip155:84532";

const onSolana = (price) => ({ scheme: "exact", price, network: SOLANA, payTo: solanaPayee });
const onBase = (price) => ({ scheme: "exact", price, network: BASE, payTo: evmPayee });

const server = new x402ResourceServer(new HTTPFacilitatorClient({ url: facilitator }))
  .register(SOLANA, new ExactSvmScheme())
  .register(BASE, new ExactEvmScheme());

const routes = {
  "GET /svm": { accepts: onSolana("$0.01"), description: "sold on Solana" },
  ...(evmPayee && {
    "GET /evm": { accepts: onBase("$0.01"), description: "sold on Base" },
    "GET /both": { accepts: [onSolana("$0.90"), onBase("$0.01")], description: "sold on both" },
  }),
};

const app = express();
app.use(paymentMiddleware(routes, server));
app.get("/:where", (request, response) => response.json({ sold: request.params.where }));
app.listen(Number(port), "127.0.0.1", () => console.log("ready"));

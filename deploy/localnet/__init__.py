"""A local Solana chain: LiteSVM behind the JSON-RPC and websocket interface of a real node."""

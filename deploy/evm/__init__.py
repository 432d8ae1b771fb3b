"""A local EVM chain: anvil with USDC where Base Sepolia has it, and doubles of x402's contracts."""

// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.26;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {ERC3009} from "@openzeppelin/contracts/token/ERC20/extensions/draft-ERC3009.sol";

/// Test double: a token that checks EIP-3009 authorizations as USDC's domain does. Anybody may mint.
contract Usdc is ERC3009 {
    constructor() ERC20("USDC", "USDC") EIP712("USDC", "2") {}

    // Constants, so that the code can be moved to another address without its storage.
    function name() public pure override returns (string memory) {
        return "USDC";
    }

    function version() public pure returns (string memory) {
        return "2";
    }

    function decimals() public pure override returns (uint8) {
        return 6;
    }

    function mint(address to, uint256 value) external {
        _mint(to, value);
    }
}

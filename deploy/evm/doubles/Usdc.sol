// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.26;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {ERC3009} from "@openzeppelin/contracts/token/ERC20/extensions/draft-ERC3009.sol";
import {Nonces} from "@openzeppelin/contracts/utils/Nonces.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";

/// Test double: a token that checks EIP-3009 authorizations and EIP-2612 permits in USDC's domain.
/// Anybody may mint.
contract Usdc is ERC3009, Nonces {
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

    function DOMAIN_SEPARATOR() external view returns (bytes32) {
        return _domainSeparatorV4();
    }

    function permit(
        address owner,
        address spender,
        uint256 value,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external {
        require(block.timestamp <= deadline, "expired");
        bytes32 kind = keccak256(
            "Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"
        );
        bytes32 digest = _hashTypedDataV4(
            keccak256(abi.encode(kind, owner, spender, value, _useNonce(owner), deadline))
        );
        require(
            SignatureChecker.isValidSignatureNow(owner, digest, abi.encodePacked(r, s, v)),
            "signature"
        );
        _approve(owner, spender, value);
    }

    function mint(address to, uint256 value) external {
        _mint(to, value);
    }
}

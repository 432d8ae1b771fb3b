// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.26;

interface Token {
    function transfer(address to, uint256 value) external returns (bool);

    function receiveWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external;
}

struct ChannelConfig {
    address payer;
    address payerAuthorizer;
    address receiver;
    address receiverAuthorizer;
    address token;
    uint40 withdrawDelay;
    bytes32 salt;
}

struct Voucher {
    ChannelConfig channel;
    uint128 maxClaimableAmount;
}

struct VoucherClaim {
    Voucher voucher;
    bytes signature;
    uint128 totalClaimed;
}

struct ChannelState {
    uint128 balance;
    uint128 totalClaimed;
}

struct Withdrawal {
    uint128 amount;
    uint40 initiatedAt;
}

function parts(bytes memory signature) pure returns (uint8 v, bytes32 r, bytes32 s) {
    assembly {
        r := mload(add(signature, 32))
        s := mload(add(signature, 64))
        v := byte(0, mload(add(signature, 96)))
    }
}

/// Test double: takes a deposit by an EIP-3009 authorization, bound to one channel by its nonce.
contract DepositCollector {
    function collect(
        address payer,
        address token,
        uint128 amount,
        bytes32 channelId,
        bytes calldata data
    ) external {
        (uint256 validAfter, uint256 validBefore, uint256 salt, bytes memory signature) =
            abi.decode(data, (uint256, uint256, uint256, bytes));
        (uint8 v, bytes32 r, bytes32 s) = parts(signature);
        bytes32 nonce = keccak256(abi.encode(channelId, salt));
        Token(token).receiveWithAuthorization(
            payer, address(this), amount, validAfter, validBefore, nonce, v, r, s
        );
        Token(token).transfer(msg.sender, amount);
    }
}

/// Test double, written from the x402 package's ABI and typed data alone.
contract Channels {
    mapping(bytes32 => ChannelState) public channels;
    mapping(bytes32 => Withdrawal) public pendingWithdrawals;
    mapping(bytes32 => uint256) public refundNonce;

    function getChannelId(ChannelConfig memory config) public view returns (bytes32) {
        bytes32 kind = keccak256(
            "ChannelConfig(address payer,address payerAuthorizer,address receiver,"
            "address receiverAuthorizer,address token,uint40 withdrawDelay,bytes32 salt)"
        );
        return _digest(
            keccak256(
                abi.encode(
                    kind,
                    config.payer,
                    config.payerAuthorizer,
                    config.receiver,
                    config.receiverAuthorizer,
                    config.token,
                    config.withdrawDelay,
                    config.salt
                )
            )
        );
    }

    function getVoucherDigest(bytes32 channelId, uint128 most) public view returns (bytes32) {
        bytes32 kind = keccak256("Voucher(bytes32 channelId,uint128 maxClaimableAmount)");
        return _digest(keccak256(abi.encode(kind, channelId, most)));
    }

    function deposit(
        ChannelConfig calldata config,
        uint128 amount,
        address collector,
        bytes calldata data
    ) external {
        bytes32 id = getChannelId(config);
        DepositCollector(collector).collect(config.payer, config.token, amount, id, data);
        channels[id].balance += amount;
    }

    function claimWithSignature(VoucherClaim[] calldata claims, bytes calldata signature) external {
        bytes32[] memory entries = new bytes32[](claims.length);
        bytes32 kind = keccak256(
            "ClaimEntry(bytes32 channelId,uint128 maxClaimableAmount,uint128 totalClaimed)"
        );
        for (uint256 i; i < claims.length; i++) {
            Voucher calldata voucher = claims[i].voucher;
            bytes32 id = getChannelId(voucher.channel);
            uint128 total = claims[i].totalClaimed;
            entries[i] = keccak256(abi.encode(kind, id, voucher.maxClaimableAmount, total));
            address payer =
                _signer(getVoucherDigest(id, voucher.maxClaimableAmount), claims[i].signature);
            require(payer == voucher.channel.payerAuthorizer, "voucher");
            require(total <= voucher.maxClaimableAmount && total <= channels[id].balance, "over");
            if (total > channels[id].totalClaimed) {
                Token(voucher.channel.token).transfer(
                    voucher.channel.receiver, total - channels[id].totalClaimed
                );
                channels[id].totalClaimed = total;
            }
        }
        kind = keccak256(
            "ClaimBatch(ClaimEntry[] claims)"
            "ClaimEntry(bytes32 channelId,uint128 maxClaimableAmount,uint128 totalClaimed)"
        );
        bytes32 digest =
            _digest(keccak256(abi.encode(kind, keccak256(abi.encodePacked(entries)))));
        require(
            _signer(digest, signature) == claims[0].voucher.channel.receiverAuthorizer, "authorizer"
        );
    }

    function refundWithSignature(
        ChannelConfig calldata config,
        uint128 amount,
        uint256 nonce,
        bytes calldata signature
    ) external {
        bytes32 id = getChannelId(config);
        require(nonce == refundNonce[id]++, "nonce");
        bytes32 kind = keccak256("Refund(bytes32 channelId,uint256 nonce,uint128 amount)");
        bytes32 digest = _digest(keccak256(abi.encode(kind, id, nonce, amount)));
        require(_signer(digest, signature) == config.receiverAuthorizer, "authorizer");
        uint128 left = channels[id].balance - channels[id].totalClaimed;
        uint128 given = amount < left ? amount : left;
        channels[id].balance -= given;
        Token(config.token).transfer(config.payer, given);
    }

    function multicall(bytes[] calldata calls) external returns (bytes[] memory results) {
        results = new bytes[](calls.length);
        for (uint256 i; i < calls.length; i++) {
            (bool done, bytes memory result) = address(this).delegatecall(calls[i]);
            require(done, "multicall");
            results[i] = result;
        }
    }

    function _digest(bytes32 body) private view returns (bytes32) {
        bytes32 kind = keccak256(
            "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
        );
        bytes32 domain = keccak256(
            abi.encode(
                kind, keccak256("x402 Batch Settlement"), keccak256("1"), block.chainid, address(this)
            )
        );
        return keccak256(abi.encodePacked(hex"1901", domain, body));
    }

    function _signer(bytes32 digest, bytes memory signature) private pure returns (address) {
        (uint8 v, bytes32 r, bytes32 s) = parts(signature);
        return ecrecover(digest, v, r, s);
    }
}

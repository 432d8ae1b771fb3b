// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.26;

import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";

interface Token {
    function balanceOf(address owner) external view returns (uint256);

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

struct ReceiverState {
    uint128 totalClaimed;
    uint128 totalSettled;
}

/// Test double: takes a deposit by an EIP-3009 authorization, bound to one channel by its nonce.
contract DepositCollector {
    address private constant CHANNELS = 0x4020074e9dF2ce1deE5A9C1b5c3f541D02a10003;

    function collect(
        address payer,
        address token,
        uint128 amount,
        bytes32 channelId,
        bytes calldata data
    ) external {
        require(msg.sender == CHANNELS, "caller"); // or anybody could take what a payer deposits
        (uint256 validAfter, uint256 validBefore, uint256 salt, bytes memory signature) =
            abi.decode(data, (uint256, uint256, uint256, bytes));
        require(signature.length == 65, "signature");
        bytes32 r;
        bytes32 s;
        uint8 v;
        assembly {
            r := mload(add(signature, 32))
            s := mload(add(signature, 64))
            v := byte(0, mload(add(signature, 96)))
        }
        bytes32 nonce = keccak256(abi.encode(channelId, salt));
        Token(token).receiveWithAuthorization(
            payer, address(this), amount, validAfter, validBefore, nonce, v, r, s
        );
        require(Token(token).transfer(msg.sender, amount));
    }
}

/// Test double, written from the x402 package's ABI and typed data alone.
contract Channels {
    uint40 private constant MIN_WITHDRAW_DELAY = 900;
    uint40 private constant MAX_WITHDRAW_DELAY = 2_592_000;

    /// What was deposited and not given back, claimed or not; and what of it was claimed.
    mapping(bytes32 => ChannelState) public channels;
    mapping(bytes32 => Withdrawal) public pendingWithdrawals;
    mapping(bytes32 => uint256) public refundNonce;
    mapping(address => mapping(address => ReceiverState)) public receivers;

    event Settled(
        address indexed receiver, address indexed token, address indexed sender, uint128 amount
    );

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

    function getRefundDigest(bytes32 channelId, uint256 nonce, uint128 amount)
        public
        view
        returns (bytes32)
    {
        bytes32 kind = keccak256("Refund(bytes32 channelId,uint256 nonce,uint128 amount)");
        return _digest(keccak256(abi.encode(kind, channelId, nonce, amount)));
    }

    function getClaimBatchDigest(VoucherClaim[] calldata claims) public view returns (bytes32) {
        bytes32[] memory entries = new bytes32[](claims.length);
        bytes32 kind = keccak256(
            "ClaimEntry(bytes32 channelId,uint128 maxClaimableAmount,uint128 totalClaimed)"
        );
        for (uint256 i; i < claims.length; i++) {
            Voucher calldata voucher = claims[i].voucher;
            bytes32 id = getChannelId(voucher.channel);
            entries[i] = keccak256(
                abi.encode(kind, id, voucher.maxClaimableAmount, claims[i].totalClaimed)
            );
        }
        kind = keccak256(
            "ClaimBatch(ClaimEntry[] claims)"
            "ClaimEntry(bytes32 channelId,uint128 maxClaimableAmount,uint128 totalClaimed)"
        );
        return _digest(keccak256(abi.encode(kind, keccak256(abi.encodePacked(entries)))));
    }

    function deposit(
        ChannelConfig calldata config,
        uint128 amount,
        address collector,
        bytes calldata data
    ) external {
        require(amount > 0, "amount");
        require(config.receiver != address(0), "receiver");
        require(config.receiverAuthorizer != address(0), "authorizer");
        require(
            config.withdrawDelay >= MIN_WITHDRAW_DELAY && config.withdrawDelay <= MAX_WITHDRAW_DELAY,
            "delay"
        );
        bytes32 id = getChannelId(config);
        uint256 before = Token(config.token).balanceOf(address(this));
        DepositCollector(collector).collect(config.payer, config.token, amount, id, data);
        // Whoever calls names the collector, so its word is not taken for the money.
        require(Token(config.token).balanceOf(address(this)) == before + amount, "collected");
        channels[id].balance += amount;
    }

    function claim(VoucherClaim[] calldata claims) external {
        for (uint256 i; i < claims.length; i++) {
            _claim(claims[i], msg.sender);
        }
    }

    function claimWithSignature(VoucherClaim[] calldata claims, bytes calldata signature) external {
        require(claims.length > 0, "claims");
        address authorizer = claims[0].voucher.channel.receiverAuthorizer;
        require(_signed(authorizer, getClaimBatchDigest(claims), signature), "authorizer");
        for (uint256 i; i < claims.length; i++) {
            _claim(claims[i], authorizer);
        }
    }

    /// Pays out what was claimed for a receiver, over all of its channels.
    function settle(address receiver, address token) external {
        _payOut(receiver, token);
    }

    function initiateWithdraw(ChannelConfig calldata config, uint128 amount) external {
        require(msg.sender == config.payer, "payer");
        bytes32 id = getChannelId(config);
        require(amount > 0 && amount <= _left(id), "amount");
        require(pendingWithdrawals[id].initiatedAt == 0, "pending");
        pendingWithdrawals[id] = Withdrawal(amount, uint40(block.timestamp));
    }

    /// Gives the payer what the receiver has not claimed within the delay.
    function finalizeWithdraw(ChannelConfig calldata config) external {
        bytes32 id = getChannelId(config);
        Withdrawal memory pending = pendingWithdrawals[id];
        require(pending.initiatedAt > 0, "none");
        require(block.timestamp >= pending.initiatedAt + config.withdrawDelay, "early");
        _giveBack(id, config, pending.amount);
    }

    function refund(ChannelConfig calldata config, uint128 amount) external {
        require(msg.sender == config.receiverAuthorizer, "authorizer");
        _giveBack(getChannelId(config), config, amount);
    }

    function refundWithSignature(
        ChannelConfig calldata config,
        uint128 amount,
        uint256 nonce,
        bytes calldata signature
    ) external {
        bytes32 id = getChannelId(config);
        require(nonce == refundNonce[id]++, "nonce");
        bytes32 digest = getRefundDigest(id, nonce, amount);
        require(_signed(config.receiverAuthorizer, digest, signature), "authorizer");
        _giveBack(id, config, amount);
    }

    function multicall(bytes[] calldata calls) external returns (bytes[] memory results) {
        results = new bytes[](calls.length);
        for (uint256 i; i < calls.length; i++) {
            (bool done, bytes memory result) = address(this).delegatecall(calls[i]);
            require(done, "multicall");
            results[i] = result;
        }
    }

    function _claim(VoucherClaim calldata claimed, address authorizer) private {
        Voucher calldata voucher = claimed.voucher;
        require(authorizer == voucher.channel.receiverAuthorizer, "authorizer");
        bytes32 id = getChannelId(voucher.channel);
        address signer = voucher.channel.payerAuthorizer;
        if (signer == address(0)) {
            signer = voucher.channel.payer;
        }
        bytes32 digest = getVoucherDigest(id, voucher.maxClaimableAmount);
        require(_signed(signer, digest, claimed.signature), "voucher");
        ChannelState storage state = channels[id];
        uint128 total = claimed.totalClaimed;
        require(total <= voucher.maxClaimableAmount && total <= state.balance, "over");
        if (total > state.totalClaimed) {
            receivers[voucher.channel.receiver][voucher.channel.token].totalClaimed +=
                total - state.totalClaimed;
            state.totalClaimed = total;
            // Unlike the public contract, which leaves it to `settle`: the local sellers only claim.
            _payOut(voucher.channel.receiver, voucher.channel.token);
        }
    }

    function _payOut(address receiver, address token) private {
        ReceiverState storage state = receivers[receiver][token];
        uint128 amount = state.totalClaimed - state.totalSettled;
        require(amount > 0, "nothing");
        state.totalSettled = state.totalClaimed;
        require(Token(token).transfer(receiver, amount));
        emit Settled(receiver, token, msg.sender, amount);
    }

    function _giveBack(bytes32 id, ChannelConfig calldata config, uint128 amount) private {
        uint128 left = _left(id);
        uint128 given = amount < left ? amount : left;
        channels[id].balance -= given;
        delete pendingWithdrawals[id];
        require(Token(config.token).transfer(config.payer, given));
    }

    function _left(bytes32 id) private view returns (uint128) {
        return channels[id].balance - channels[id].totalClaimed;
    }

    function _signed(address signer, bytes32 digest, bytes memory signature)
        private
        view
        returns (bool)
    {
        return signer != address(0)
            && SignatureChecker.isValidSignatureNow(signer, digest, signature);
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
}

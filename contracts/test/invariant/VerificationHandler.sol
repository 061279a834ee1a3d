// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {Batch, BatchState, Demand, DemandState} from "../../src/types/Batch.sol";
import {BatchRef} from "../../src/types/BatchRef.sol";
import {InstallLeaf} from "../../src/types/Ids.sol";
import {Job, JobState, Terms, Verdict} from "../../src/types/Job.sol";
import {ReceiptHeader} from "../../src/types/ReceiptHeader.sol";
import {ReceiptTreeModel} from "../base/ReceiptTreeModel.sol";
import {VerificationWorld} from "../base/VerificationWorld.sol";

/// @dev Drives the market at random, right and wrong calls alike, and keeps books of its own. What the anchor and the registry
///      say is taken as given; whether a call succeeds, and what everybody then has, is the handler's own account. Receipt 0
///      of every second batch is fraudulent; every second install can be proven. The first verifier is honest: it looks before it
///      bids, says what it found in time, and proves and slashes what it called invalid. The others do anything.
contract VerificationHandler is VerificationWorld {
    uint256 private constant MAX_BATCHES = 5;
    uint256 private constant MAX_JOBS = 16;
    uint32 private constant SIZE = 2;

    struct Place {
        address verifier;
        uint256 fee;
        uint256 order;
        Verdict verdict;
    }

    struct Model {
        uint256 id;
        bool install;
        uint256 subject;
        Terms terms;
        JobState state;
        uint256 reserve;
        uint256 contestedUntil;
        uint256 contestBond;
        address contestant;
        uint256 chunks;
        uint256 order;
        uint256 ends;
    }

    struct BatchModel {
        BatchRef ref;
        bool fraudulent;
        bool proven;
    }

    address[7] public accounts;
    mapping(address account => uint256) public owned;
    uint256 public burnedSum;
    uint256 public escrow;
    uint256 public calls;
    uint256 public stakesTaken;
    uint256 public stakesEnded;
    mapping(JobState state => uint256) public ended;
    Model[] private models;
    mapping(uint256 job => Place[]) private places;
    BatchModel[] private batches;
    mapping(uint256 batch => bytes32[]) private leavesIn;
    /// @dev What is taken of the honest verifier, in open stakes.
    uint256 public honestStakes;

    constructor() {
        setUp();
        accounts = [poster, contestant, anyone, verifiers[0], verifiers[1], verifiers[2], verifiers[3]];
        for (uint256 i; i < 7; ++i) {
            owned[accounts[i]] = balance(accounts[i]);
        }
        vm.prank(relayer);
        anchor.depositBond{value: 50 ether}();
    }

    function deposit(uint256 who, uint96 amount) external {
        address account = accounts[who % 7];
        // The honest one lives on what it has, so that a loss would show.
        if (account == verifiers[0]) return;
        amount = uint96(amount % 3 ether);
        vm.deal(account, amount);
        vm.prank(account);
        opinions.deposit{value: amount}();
        owned[account] += amount;
        ++calls;
    }

    /// @dev What the books say is there leaves, and not a wei more. The honest one stays.
    function withdraw(uint256 who, uint96 amount) external {
        address account = accounts[who % 7];
        if (account == verifiers[0]) return;
        uint256 sum = amount % (owned[account] / 4 + 2);
        if (amount % 5 == 0) sum = owned[account] + 1;
        vm.prank(account);
        bool ok = send(abi.encodeCall(opinions.withdraw, (sum, payable(address(0x9999)))));
        vm.assertTrue(ok == (sum <= owned[account]), "unlocked funds always leave, and no others");
        if (ok) owned[account] -= sum;
    }

    function postBatch(uint256 which, uint8 quorum, uint72 fee, uint96 bounty, uint32 bidding) external {
        if (models.length == MAX_JOBS || batches.length == 0 && stopped()) return;
        which = batchOf(which);
        BatchModel storage b = batches[which];
        Terms memory t = someTerms(quorum, fee, bidding);
        bounty %= 0.5 ether;
        Batch memory info = anchor.batchOf(idOf(b.ref));
        bool possible = info.state == BatchState.Pending
            && t.attestDeadline + VERIFICATION_GRACE <= info.demandableUntil
            && owned[poster] >= uint256(t.quorum) * t.maxFee + bounty;
        vm.prank(poster);
        (bool ok, bytes memory id) = address(opinions).call(abi.encodeCall(opinions.postBatch, (b.ref, t, bounty, 0)));
        vm.assertTrue(ok == possible, "post on a batch");
        if (ok) open(abi.decode(id, (uint256)), t, false, which, bounty, 0);
    }

    function postInstall(uint256 leaf, uint8 quorum, uint72 fee, uint32 chunks, uint32 bidding) external {
        if (models.length == MAX_JOBS) return;
        Terms memory t = someTerms(quorum, fee, bidding);
        leaf = 9000 + leaf % 6;
        chunks = 1 + chunks % 100;
        uint256 bond = opinions.installBond(chunks);
        bool possible = !proven(leaf) && !capsules.isInstallAttested(InstallLeaf.wrap(leaf)) && !stopped()
            && owned[poster] >= uint256(t.quorum) * t.maxFee + bond;
        vm.prank(poster);
        (bool ok, bytes memory id) =
            address(opinions).call(abi.encodeCall(opinions.postInstall, (InstallLeaf.wrap(leaf), chunks, FILE, t)));
        vm.assertTrue(ok == possible, "post on an install");
        if (ok) open(abi.decode(id, (uint256)), t, true, leaf, bond, chunks);
    }

    function offer(uint256 job, uint256 who, uint72 fee) external {
        if (models.length == 0) return;
        tryBid(pick(job), who, fee);
    }

    function tryBid(uint256 job, uint256 who, uint72 fee) private {
        Model storage m = models[job];
        address verifier = verifiers[who % 4];
        // The honest one does not bid on an install that it could not vouch for.
        if (who % 4 == 0 && m.install && !provable(m.subject)) return;
        fee = uint72(fee % (uint256(m.terms.maxFee) + 2));
        uint256 worst = worstOf(job);
        bool full = places[job].length == m.terms.quorum;
        bool possible = m.state == JobState.Open && !stopped() && block.timestamp <= m.terms.biddingEnd
            && fee <= m.terms.maxFee && placeOf(job, verifier) == places[job].length && owned[verifier] >= m.terms.stake
            && (!full || fee < places[job][worst].fee);
        vm.prank(verifier);
        bool ok = send(abi.encodeCall(opinions.bid, (m.id, fee)));
        vm.assertTrue(ok == possible, "bid");
        if (!ok) return;
        owned[verifier] -= m.terms.stake;
        escrow += m.terms.stake;
        ++stakesTaken;
        if (verifier == verifiers[0]) honestStakes += m.terms.stake;
        Place memory place = Place(verifier, fee, m.order++, Verdict.None);
        if (!full) {
            places[job].push(place);
            return;
        }
        leave(m, places[job][worst].verifier);
        owned[places[job][worst].verifier] += m.terms.stake;
        escrow -= m.terms.stake;
        places[job][worst] = place;
    }

    function attest(uint256 job, uint256 who, bool valid_) external {
        if (models.length == 0) return;
        job = pick(job);
        // What the honest one says is not for others to choose.
        if (who % 4 == 0) honest(job);
        else tryAttest(job, verifiers[who % 4], valid_ ? Verdict.Valid : Verdict.Invalid);
    }

    /// @dev Takes a job through bidding and attesting, mostly in agreement: what comes after is rare by single steps.
    function hurry(uint256 job, uint256 dice) external {
        if (models.length == 0) return;
        job = pick(job);
        Model storage m = models[job];
        if (m.state != JobState.Open) return;
        for (uint256 i; i < 4; ++i) {
            tryBid(job, (dice % 4 + i) % 4, uint72(uint256(keccak256(abi.encode(dice, i)))));
        }
        if (block.timestamp <= m.terms.biddingEnd) advance(uint256(m.terms.biddingEnd) + 1);
        for (uint256 i = 1; i < 4; ++i) {
            uint256 roll = uint256(keccak256(abi.encode(dice, "opinion", i))) % 16;
            if (roll != 0) tryAttest(job, verifiers[i], roll == 1 ? Verdict.Invalid : Verdict.Valid);
        }
        honest(job);
        // Half of them on to the time in which an install is contested or admitted.
        if (m.install && dice % 2 == 0) advance(uint256(m.terms.attestDeadline) + 1);
        ++calls;
    }

    function anchorBatch(bool fraudulent) external {
        if (batches.length == MAX_BATCHES || stopped()) return;
        newBatch(fraudulent);
        ++calls;
    }

    function challenge(uint256 which) external {
        if (batches.length == 0) return;
        convict(which % batches.length);
        ++calls;
    }

    function demandAndAnswer(uint256 which, uint32 index, uint256 dice) external {
        if (batches.length == 0) return;
        BatchModel storage b = batches[which % batches.length];
        index %= SIZE;
        bytes32 id = idOf(b.ref);
        Demand memory d = anchor.demandOf(id, index);
        ++calls;
        if (d.state == DemandState.None) {
            uint256 bond = anchor.demandBond();
            vm.deal(demander, bond);
            vm.prank(demander);
            try anchor.demandReveal{value: bond}(b.ref, index) {} catch {}
        } else if (block.timestamp > d.deadline) {
            try anchor.closeDemand(b.ref, index) {} catch {}
        } else if (dice % 3 != 0) {
            bytes32[] memory path = ReceiptTreeModel.path(leavesIn[which % batches.length], index);
            try anchor.revealLeaf(b.ref, index, path, receipt(which % batches.length, index), PROOF) {} catch {}
        }
    }

    function proveInstall(uint256 leaf) external {
        leaf = 9000 + leaf % 6;
        if (!provable(leaf) || proven(leaf) || leaf % 4 == 0) return;
        install(leaf);
        ++calls;
    }

    function slash(uint256 job, uint32 index) external {
        if (models.length == 0) return;
        trySlash(pick(job), index % 4 == 3 ? 1 : 0);
    }

    function settle(uint256 job) external {
        if (models.length == 0) return;
        job = pick(job);
        Model storage m = models[job];
        if (m.install) settleInstall(job, m);
        else settleBatch(job, m);
    }

    function unwind(uint256 job) external {
        if (models.length == 0) return;
        job = pick(job);
        Model storage m = models[job];
        bool unfilled = block.timestamp > m.terms.biddingEnd && places[job].length < m.terms.quorum;
        bool useless = m.install && cutShort(job) && !proven(m.subject);
        if (!m.install && said(job, Verdict.Valid) + said(job, Verdict.Invalid) == 0) {
            BatchState state = anchor.batchOf(idOf(batches[m.subject].ref)).state;
            useless = state == BatchState.Frozen || state == BatchState.Fallen;
        }
        vm.prank(anyone);
        bool ok = send(abi.encodeCall(opinions.unwind, (m.id)));
        vm.assertTrue(ok == (m.state == JobState.Open && (unfilled || useless)), "unwind");
        if (!ok) return;
        if (m.contestBond != 0) give(m.contestant, m.contestBond);
        finish(job, JobState.Unwound, 0, 0, 0, m.reserve);
    }

    function contest(uint256 job) external {
        if (models.length == 0) return;
        job = pick(job);
        Model storage m = models[job];
        uint256 bond = opinions.contestBond(uint32(m.chunks));
        if (bond > m.reserve) bond = m.reserve;
        bool possible = m.install && m.state == JobState.Open && !stopped() && block.timestamp > m.terms.attestDeadline
            && block.timestamp <= m.terms.attestDeadline + CONTEST_WINDOW && said(job, Verdict.Valid) == m.terms.quorum
            && m.contestedUntil == 0 && owned[contestant] >= bond && !proven(m.subject);
        vm.prank(contestant);
        bool ok = send(abi.encodeCall(opinions.contest, (m.id)));
        vm.assertTrue(ok == possible, "contest");
        if (!ok) return;
        owned[contestant] -= bond;
        escrow += bond;
        (m.contestant, m.contestBond) = (contestant, bond);
        m.contestedUntil = block.timestamp + ANSWER_BASE + m.chunks * ANSWER_PER_CHUNK;
    }

    function admit(uint256 job) external {
        if (models.length == 0) return;
        job = pick(job);
        Model storage m = models[job];
        bool possible = m.install && m.state == JobState.Open && !stopped() && m.contestedUntil == 0
            && said(job, Verdict.Valid) == m.terms.quorum && block.timestamp > m.terms.attestDeadline + CONTEST_WINDOW;
        vm.prank(anyone);
        bool ok = send(abi.encodeCall(opinions.admit, (m.id)));
        vm.assertTrue(ok == possible, "admit");
        if (!ok) return;
        vm.assertTrue(capsules.isInstallAttested(InstallLeaf.wrap(m.subject)), "in the tree");
        finish(job, JobState.Admitted, 1, 0, 0, m.reserve);
    }

    /// @dev Minutes, hours or days. The honest verifier does what it has to before time passes.
    function wait(uint256 time, uint256 scale) external {
        uint256 most = scale % 3 == 0 ? 1 hours : scale % 3 == 1 ? 8 hours : 4 days;
        advance(block.timestamp + bound(time, 1, most));
        ++calls;
    }

    function feeChange(uint256 fee) external {
        vm.fee(fee % 100 gwei);
        ++calls;
    }

    function stop(uint256 dice) external {
        if (uint256(keccak256(abi.encode(dice))) % 200 != 0 || stopped()) return;
        router.stop();
        ++calls;
    }

    function count() external view returns (uint256) {
        return models.length;
    }

    function modelOf(uint256 i) external view returns (Model memory) {
        return models[i];
    }

    function marketJob(uint256 i) external view returns (Job memory) {
        return opinions.jobOf(models[i].id);
    }

    function marketBooks() external view returns (uint256 ether_, uint256 burnt) {
        return (address(opinions).balance, opinions.burned());
    }

    function marketBalance(address account) external view returns (uint256) {
        return balance(account);
    }

    /// @dev What the honest verifier has, in stakes too.
    function honestWealth() external view returns (uint256) {
        return owned[verifiers[0]] + honestStakes;
    }

    /// @dev What each open job holds by the market's own account.
    function heldByJobs() external view returns (uint256 held) {
        for (uint256 i; i < models.length; ++i) {
            Job memory j = opinions.jobOf(models[i].id);
            if (j.state != JobState.Open) continue;
            held += uint256(j.quorum) * j.maxFee + j.reserve + j.contestBond + uint256(j.bids) * j.stake;
        }
    }

    /// @dev Time passes in steps in which the honest verifier misses no attest deadline.
    function advance(uint256 until) private {
        while (block.timestamp < until) {
            uint256 next = until;
            for (uint256 i; i < models.length; ++i) {
                honest(i);
                uint256 start = uint256(models[i].terms.biddingEnd) + 1;
                if (start > block.timestamp && start < next) next = start;
            }
            vm.warp(next);
            vm.roll(block.number + 1);
        }
        for (uint256 i; i < models.length; ++i) {
            honest(i);
        }
    }

    function honest(uint256 job) private {
        Model storage m = models[job];
        if (m.state != JobState.Open) return;
        uint256 place = placeOf(job, verifiers[0]);
        if (place == places[job].length) return;
        bool bad = m.install ? false : batches[m.subject].fraudulent;
        if (places[job][place].verdict == Verdict.None) {
            // Not before its time, nor on a job that lacks bids.
            if (block.timestamp <= m.terms.biddingEnd || block.timestamp > m.terms.attestDeadline) return;
            tryAttest(job, verifiers[0], bad ? Verdict.Invalid : Verdict.Valid);
        }
        if (!bad || places[job][place].verdict != Verdict.Invalid) return;
        convict(m.subject);
        if (batches[m.subject].proven) trySlash(job, 0);
    }

    function tryAttest(uint256 job, address verifier, Verdict verdict) private {
        Model storage m = models[job];
        uint256 place = placeOf(job, verifier);
        uint256 all = places[job].length;
        bool possible = m.state == JobState.Open && !stopped() && block.timestamp > m.terms.biddingEnd
            && block.timestamp <= m.terms.attestDeadline && all == m.terms.quorum && place < all
            && places[job][place].verdict == Verdict.None
            && !(m.install && verdict == Verdict.Invalid && proven(m.subject));
        vm.prank(verifier);
        bool ok = send(abi.encodeCall(opinions.attest, (m.id, verdict)));
        vm.assertTrue(ok == possible, "attest");
        if (!ok) return;
        places[job][place].verdict = verdict;
        if (m.install && verdict == Verdict.Invalid && m.contestedUntil == 0) {
            m.contestedUntil = uint256(m.terms.attestDeadline) + ANSWER_BASE + m.chunks * ANSWER_PER_CHUNK;
        }
    }

    function trySlash(uint256 job, uint32 index) private {
        Model storage m = models[job];
        bool possible = m.state == JobState.Open && !m.install && index == 0 && batches[m.subject].proven;
        vm.prank(anyone);
        bool ok = send(abi.encodeCall(opinions.slash, (m.id, index)));
        vm.assertTrue(ok == possible, "slash");
        if (ok) finish(job, JobState.Slashed, 2, 1, m.reserve, 0);
    }

    function settleBatch(uint256 job, Model storage m) private {
        Batch memory b = anchor.batchOf(idOf(batches[m.subject].ref));
        bool fallen = b.state == BatchState.Fallen;
        bool possible = m.state == JobState.Open && block.timestamp >= b.finalAt + VERIFICATION_GRACE
            && (fallen || b.openDemands == 0);
        vm.prank(anyone);
        bool ok = send(abi.encodeCall(opinions.settle, (m.id)));
        vm.assertTrue(ok == possible, "settle a batch job");
        if (!ok) return;
        bool done = b.state == BatchState.Final;
        finish(job, JobState.Settled, done ? 1 : 0, done ? 3 : 0, 0, m.reserve);
    }

    function settleInstall(uint256 job, Model storage m) private {
        bool answered = proven(m.subject);
        bool confirmed = said(job, Verdict.Valid) == m.terms.quorum;
        bool over = m.contestedUntil == 0 ? !confirmed : block.timestamp > m.contestedUntil;
        bool due = answered || over && !cutShort(job);
        bool possible = m.state == JobState.Open && block.timestamp > m.terms.attestDeadline
            && places[job].length == m.terms.quorum && due;
        vm.prank(anyone);
        bool ok = send(abi.encodeCall(opinions.settle, (m.id)));
        vm.assertTrue(ok == possible, "settle an install job");
        if (!ok) return;
        if (answered) return finish(job, JobState.Proven, 1, 4, 0, m.reserve + m.contestBond);
        if (m.contestedUntil == 0) return finish(job, JobState.Settled, 1, 0, 0, m.reserve);
        burnedSum += m.reserve - m.reserve / 2;
        escrow -= m.reserve - m.reserve / 2;
        uint256 prize = m.reserve / 2;
        if (m.contestant != address(0)) {
            give(m.contestant, m.contestBond + prize);
            prize = 0;
        }
        finish(job, JobState.Rejected, 0, 1, prize, 0);
    }

    /// @dev Fates: 0 back, 1 paid, 2 slashed, 3 fined, 4 lost.
    function finish(uint256 job, JobState state, uint256 valid_, uint256 invalid_, uint256 prize, uint256 toPoster)
        private
    {
        Model storage m = models[job];
        (m.state, m.ends) = (state, m.ends + 1);
        ++ended[state];
        bool silence = places[job].length == m.terms.quorum && block.timestamp > m.terms.attestDeadline
            && !stoppedBy(m.terms.attestDeadline);
        uint256 winners = said(job, Verdict.Invalid);
        uint256 share = winners == 0 ? 0 : prize / winners;
        uint256 fees;
        for (uint256 i; i < places[job].length; ++i) {
            Place memory p = places[job][i];
            uint256 fate = silence ? 3 : 0;
            if (p.verdict == Verdict.Valid) fate = valid_;
            if (p.verdict == Verdict.Invalid) fate = invalid_;
            endStake(m, p.verifier, fate);
            if (fate != 1) continue;
            fees += p.fee;
            give(p.verifier, p.fee + (p.verdict == Verdict.Invalid ? share : 0));
        }
        give(poster, uint256(m.terms.quorum) * m.terms.maxFee - fees + prize - share * winners + toPoster);
    }

    function endStake(Model storage m, address verifier, uint256 fate) private {
        uint256 stake = m.terms.stake;
        leave(m, verifier);
        uint256 taken = fate == 2 || fate == 4 ? stake : fate == 3 ? stake / 10 : 0;
        uint256 caller = fate == 2 ? stake / 10 : 0;
        uint256 share = taken / 2 - caller;
        if (fate == 2 && share > m.terms.maxFee) share = m.terms.maxFee;
        vm.assertTrue(taken == 0 || 2 * (taken - caller - share) >= taken, "at least half burns");
        give(verifier, stake - taken);
        give(anyone, caller);
        give(poster, share);
        burnedSum += taken - caller - share;
        escrow -= taken - caller - share;
    }

    function leave(Model storage m, address verifier) private {
        ++stakesEnded;
        if (verifier == verifiers[0]) honestStakes -= m.terms.stake;
    }

    function give(address account, uint256 amount) private {
        owned[account] += amount;
        escrow -= amount;
    }

    function open(uint256 id, Terms memory t, bool install_, uint256 subject, uint256 reserve, uint256 chunks) private {
        Model storage m = models.push();
        (m.id, m.install, m.subject, m.terms) = (id, install_, subject, t);
        ++calls;
        (m.state, m.reserve, m.chunks) = (JobState.Open, reserve, chunks);
        uint256 amount = uint256(t.quorum) * t.maxFee + reserve;
        owned[poster] -= amount;
        escrow += amount;
        vm.assertEq(opinions.jobCount(), models.length, "jobs are counted");
    }

    function someTerms(uint8 quorum, uint72 fee, uint32 bidding) private view returns (Terms memory) {
        uint40 biddingEnd = uint40(block.timestamp + bidding % 2 hours);
        fee %= 0.02 ether;
        return Terms(1 + quorum % 3, fee, 0.02 ether + uint96(fee) * 7, biddingEnd, biddingEnd + 3 hours);
    }

    function newBatch(bool fraudulent) private {
        uint256 which = batches.length;
        bytes32[] memory leaves = new bytes32[](SIZE);
        BatchModel storage b = batches.push();
        b.fraudulent = fraudulent;
        for (uint256 i; i < SIZE; ++i) {
            leaves[i] = anchor.leafOf(receipt(which, i), keccak256(PROOF));
        }
        leavesIn[which] = leaves;
        b.ref = refOf(relayer, leaves);
        send(b.ref);
    }

    function convict(uint256 which) private {
        BatchModel storage b = batches[which];
        if (!b.fraudulent || b.proven) return;
        bytes32 id = idOf(b.ref);
        vm.prank(challenger);
        try anchor.commitChallenge(keccak256(abi.encode(challenger, id, uint32(0), SALT))) {} catch {}
        vm.roll(block.number + 1);
        bytes32[] memory path = ReceiptTreeModel.path(leavesIn[which], 0);
        ReceiptHeader memory h = receipt(which, 0);
        vm.prank(challenger);
        try anchor.challengeLeaf(b.ref, 0, path, h, PROOF, SALT) {
            b.proven = true;
        } catch {}
    }

    function receipt(uint256 which, uint256 i) private view returns (ReceiptHeader memory h) {
        h = header(which * SIZE + i);
        // Nobody knows this schema: fraudulent beyond doubt.
        if (i == 0 && batches[which].fraudulent) h.schema = 7;
    }

    function batchOf(uint256 which) private returns (uint256) {
        if (batches.length == 0) newBatch(which % 2 == 0);
        return which % batches.length;
    }

    /// @dev The youngest half of the time.
    function pick(uint256 seed) private view returns (uint256) {
        uint256 young = models.length < 3 ? models.length : 3;
        return seed % 2 == 0 ? models.length - 1 - (seed / 2) % young : seed % models.length;
    }

    function proven(uint256 leaf) private view returns (bool) {
        return capsules.isInstallUsed(InstallLeaf.wrap(leaf));
    }

    function provable(uint256 leaf) private pure returns (bool) {
        return leaf % 2 == 0;
    }

    function said(uint256 job, Verdict verdict) private view returns (uint256 n) {
        for (uint256 i; i < places[job].length; ++i) {
            if (places[job][i].verdict == verdict) ++n;
        }
    }

    function placeOf(uint256 job, address verifier) private view returns (uint256 i) {
        while (i < places[job].length && places[job][i].verifier != verifier) ++i;
    }

    function worstOf(uint256 job) private view returns (uint256 worst) {
        for (uint256 i; i < places[job].length; ++i) {
            Place memory p = places[job][i];
            Place memory w = places[job][worst];
            if (p.fee > w.fee || p.fee == w.fee && p.order > w.order) worst = i;
        }
    }

    function stopped() private view returns (bool) {
        return router.stopped();
    }

    function stoppedBy(uint256 time) private view returns (bool) {
        return router.stopped() && router.stoppedAt() <= time;
    }

    /// @dev A stop came while the install job waited for something.
    function cutShort(uint256 job) private view returns (bool) {
        if (models[job].contestedUntil != 0) return stoppedBy(models[job].contestedUntil);
        Terms memory t = models[job].terms;
        return stoppedBy(said(job, Verdict.Valid) == t.quorum ? block.timestamp : t.attestDeadline);
    }

    function send(bytes memory call) private returns (bool ok) {
        (ok,) = address(opinions).call(call);
        ++calls;
    }
}

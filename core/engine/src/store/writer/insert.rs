//! The texts of what the writer saves: constants that run unchanged on both databases.

use crate::store::statement::statements;
use diesel::sql_types::Text;

statements! {
    InsertBill = "INSERT INTO bills (chain_id, id, kind, store_id, source, till, business_date, receipt, content, \
        occurred_at, booked_at, staff_id, customer_id, membership_id, card_id, original_id, reward_id, total, \
        rounding, paid, judgement, earned, spent, parts, bonuses, terms, reason, answer, returned_money, \
        returned_paid, clawed_back, given_back) VALUES {}" of "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, 0, 0)";
    SelectParts -> (Text,) = "SELECT parts FROM bills WHERE chain_id = ? AND id = ?";
    UpdateProgress = "UPDATE bills SET returned_money = ?, returned_paid = ?, clawed_back = ?, given_back = ?, \
        parts = ? WHERE chain_id = ? AND id = ?";
    UpdateBillMembership = "UPDATE bills SET membership_id = ?, judgement = ?, earned = ?, bonuses = ?, terms = ?, \
        parts = ? WHERE chain_id = ? AND id = ?";
    InsertEntry = "INSERT INTO entries (chain_id, membership_id, id, asset, kind, amount, counter, bill_id, store_id, \
        occurred_at, booked_at, rule, explanation_zh, explanation_en, line, reverses, configuration_id, input) \
        VALUES {}" of "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    InsertLot = "INSERT INTO lots (chain_id, membership_id, id, asset, entry_id, bill_id, amount, remaining, \
        opened_at, matures_at, expires_at) VALUES {}" of "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    InsertLotMove = "INSERT INTO lot_moves (chain_id, lot_id, entry_id, delta) VALUES {}" of "(?, ?, ?, ?)";
    UpdateLots = "WITH given (remaining, chain_id, membership_id, id) AS (VALUES {}) UPDATE lots \
        SET remaining = given.remaining, ended = lots.ended AND given.remaining = 0 FROM given WHERE lots.chain_id = given.chain_id \
        AND lots.membership_id = given.membership_id AND lots.id = given.id" of "(?, ?, ?, ?)";
    UpdateLotDate = "UPDATE lots SET expires_at = ? WHERE chain_id = ? AND membership_id = ? AND id = ?";
    UpdateLotsEnded = "WITH given (remaining, chain_id, membership_id, id) AS (VALUES {}) UPDATE lots \
        SET remaining = given.remaining, ended = TRUE FROM given WHERE lots.chain_id = given.chain_id \
        AND lots.membership_id = given.membership_id AND lots.id = given.id" of "(?, ?, ?, ?)";
    UpsertAccount = "INSERT INTO accounts (chain_id, membership_id, asset, balance, debt) VALUES {} ON CONFLICT \
        (chain_id, membership_id, asset) DO UPDATE SET balance = excluded.balance, debt = excluded.debt" of "(?, ?, ?, ?, ?)";
    AddMeasure = "INSERT INTO measures (chain_id, membership_id, measure, day, amount) VALUES {} ON CONFLICT \
        (chain_id, membership_id, measure, day) DO UPDATE SET amount = measures.amount + excluded.amount" of "(?, ?, ?, ?, ?)";
    AddTotal = "INSERT INTO measure_totals (chain_id, membership_id, measure, amount) VALUES {} ON CONFLICT \
        (chain_id, membership_id, measure) DO UPDATE SET amount = measure_totals.amount + excluded.amount" of "(?, ?, ?, ?)";
    InsertMembership = "INSERT INTO memberships (chain_id, id, program_id, customer_id, store_id, opened_at, \
        opened_on, valid_through, expires_at, tier, open, purchases, reference, version) VALUES {}" of "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, 1)";
    InsertCard = "INSERT INTO cards (chain_id, id, membership_id, number, last_four, kind, store_id, \
        issued_at, valid_through, replaces, state, awaits_approval, entered_by, holder_staff_id, blocks, replaced_by, \
        version) VALUES {}" of "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '', NULL, 1)";
    UpdateCard = "UPDATE cards SET state = ?, blocks = ?, kind = ?, replaced_by = ?, valid_through = ?, awaits_approval = ?, \
        version = ? WHERE chain_id = ? AND id = ?";
    UpdateMembershipEnd = "UPDATE memberships SET valid_through = ?, expires_at = ? WHERE chain_id = ? AND id = ?";
    InsertRenewal = "INSERT INTO renewals (chain_id, id, membership_id, staff_id, store_id, at, applied_on, \
        was_valid_through, valid_through, reopened, points_ended, rule, explanation_zh, explanation_en, configuration_id, \
        input_hash) VALUES {}" of "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    InsertLotExtension = "INSERT INTO lot_extensions (chain_id, lot_id, at, membership_id, with_membership, was_expires_at, \
        expires_at, rule, explanation_zh, explanation_en, configuration_id, input_hash) VALUES {}" of "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    UpdateMemberships = "WITH given (tier, tier_until, own_tier, own_until, purchases, version, chain_id, id) AS (VALUES {}) \
        UPDATE memberships SET tier = given.tier, tier_until = given.tier_until, own_tier = given.own_tier, \
        own_until = given.own_until, purchases = given.purchases, version = given.version FROM given \
        WHERE memberships.chain_id = given.chain_id AND memberships.id = given.id" of "(?, ?, ?, ?, ?, ?, ?, ?)";
    UpdateMembershipOpen = "UPDATE memberships SET open = ? WHERE chain_id = ? AND id = ?";
    InsertTierChange = "INSERT INTO tier_changes (chain_id, membership_id, at, id, kind, from_tier, to_tier, since, \
        day, cause, figure, threshold, explanation_zh, explanation_en, figures, valid_through, own_from, own_to, \
        staff_id, reason) VALUES {}" of "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    InsertInput = "INSERT INTO recorded_inputs (chain_id, hash, bytes) VALUES {} ON CONFLICT (chain_id, hash) DO \
        NOTHING" of "(?, ?, ?)";
    InsertQuestion = "INSERT INTO plugin_questions (chain_id, id, function, subject_id, at, configuration_id, input_hash) \
        VALUES {}" of "(?, ?, ?, ?, ?, ?, ?)";
    InsertUnjudged = "INSERT INTO unjudged (chain_id, bill_id, input) VALUES {}" of "(?, ?, ?)";
    DeleteUnjudged = "DELETE FROM unjudged WHERE chain_id = ? AND bill_id = ?";
    InsertCardEvent = "INSERT INTO card_events (chain_id, id, card_id, operation, staff_id, store_id, reason, \
        detail, at, from_state, to_state, blocks, finder) VALUES {}" of "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    InsertAcceptance = "INSERT INTO term_acceptances (chain_id, id, membership_id, terms_id, kind, number, channel, \
        at, noted_at, staff_id) VALUES {}" of "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    InsertAudit = "INSERT INTO audit (chain_id, id, at, staff_id, session_id, source_ip, action, subject, detail, \
        lane, seq, previous, hash) VALUES {}" of "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    InsertMessage = "INSERT INTO outbox (chain_id, id, topic, payload, created_at) VALUES {}" of "(?, ?, ?, ?, ?)";
    InsertNotice = "INSERT INTO messages (chain_id, id, kind, customer_id, staff_id, subject_id, details, source_key, \
        state, tries, due_at, next_at, created_at) VALUES {} ON CONFLICT (chain_id, source_key) DO NOTHING" of "(?, ?, ?, ?, ?, ?, ?, ?, 'queued', 0, ?, ?, ?)";
    InsertKey = "INSERT INTO idempotency (chain_id, key, request_hash, status, answer, bill_id, created_at) VALUES {}" of "(?, ?, ?, ?, ?, ?, ?)";
}

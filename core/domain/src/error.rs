//! The one table of refusals: code → kind → title. The HTTP layer maps kinds to statuses and adds nothing.

use crate::card::{Block, CardState};
use crate::card_stock::BlankState;
use crate::id::{ApprovalId, BillId, CustomerId, MembershipId, ProgramId, StoreId};
use crate::ledger::Balance;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A text in both languages of the shop.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"zh": "金卡", "en": "Gold"}))]
pub struct Text {
    pub zh: String,
    pub en: String,
}

impl Text {
    pub fn new(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self {
            zh: zh.into(),
            en: en.into(),
        }
    }
}

/// What sort of failure a code is; the HTTP status follows from it alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// 400: the request can't be read.
    Malformed,
    /// 401
    Unauthenticated,
    /// 403
    Forbidden,
    /// 404
    NotFound,
    /// 409: the state of things forbids it.
    Conflict,
    /// 412
    Stale,
    /// 422: read, but wrong.
    Invalid,
    /// 428
    Unconditional,
    /// 429
    Throttled,
    /// 503: try again.
    Unavailable,
    /// 500: our fault.
    Internal,
}

macro_rules! codes {
    ($($code:ident $text:literal $kind:ident $zh:literal $en:literal;)*) => {
        /// Stable names of everything that can be refused; clients switch on them, so they never change.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum Code { $(#[serde(rename = $text)] $code,)* }

        impl Code {
            /// Every code, for the table test and the documentation.
            pub const ALL: &'static [Code] = &[$(Code::$code,)*];

            /// The name on the wire.
            pub fn as_str(self) -> &'static str {
                match self { $(Code::$code => $text,)* }
            }

            pub fn kind(self) -> Kind {
                match self { $(Code::$code => Kind::$kind,)* }
            }

            /// A short title in both languages.
            pub fn title(self) -> Text {
                match self { $(Code::$code => Text::new($zh, $en),)* }
            }
        }
    };
}

codes! {
    BodyInvalid "body_invalid" Malformed "请求内容无法识别" "The request can't be read";
    IdempotencyKeyMissing "idempotency_key_missing" Malformed "缺少 Idempotency-Key" "The Idempotency-Key header is missing";
    Unauthenticated "unauthenticated" Unauthenticated "请先登录" "Log in first";
    TokenExpired "token_expired" Unauthenticated "登录已过期" "The token has expired";
    LoginFailed "login_failed" Unauthenticated "登录失败" "Log-in failed";
    LoginThrottled "login_throttled" Throttled "尝试次数过多" "Too many attempts";
    Forbidden "forbidden" Forbidden "没有权限" "Not permitted";
    NotFound "not_found" NotFound "没有找到" "Not found";
    MembershipExists "membership_exists" Conflict "该顾客已是会员" "The customer is a member already";
    MembershipAmbiguous "membership_ambiguous" Conflict "该顾客有多个会籍" "The customer has several memberships";
    MembershipClosed "membership_closed" Conflict "会籍已结束" "The membership has ended";
    NotEligible "not_eligible" Conflict "尚不符合办理条件" "Not eligible yet";
    CardBlocked "card_blocked" Conflict "此卡已停用" "The card is blocked";
    CardStock "card_stock" Conflict "空白卡库存不允许此操作" "The stock of blank cards forbids this";
    CardState "card_state" Conflict "卡的状态不允许此操作" "The card's state forbids this";
    CardKind "card_kind" Conflict "卡种不允许" "The kind of card doesn't permit it";
    CodeUnusable "code_unusable" Conflict "动态码不可用" "The code can't be used";
    ConfirmationNeeded "confirmation_needed" Conflict "须先确认" "It must be confirmed first";
    PinWrong "pin_wrong" Conflict "卡密码不对" "The PIN is wrong";
    MembershipHolds "membership_holds" Conflict "会籍尚有余额或欠款" "The membership holds something still";
    ReceiptConflict "receipt_conflict" Conflict "小票号已用于另一笔账单" "The receipt number belongs to another bill";
    AlreadyReturned "already_returned" Conflict "商品已退" "Returned already";
    NotCancellable "not_cancellable" Conflict "不能取消" "It can't be cancelled";
    InsufficientPoints "insufficient_points" Conflict "积分不足" "Not enough points";
    InsufficientValue "insufficient_value" Conflict "储值余额不足" "Not enough stored value";
    PoolMember "pool_member" Conflict "会籍已在家庭积分池中" "The membership is in a pool already";
    PoolFull "pool_full" Conflict "家庭积分池已满" "The pool is full";
    PoolEnded "pool_ended" Conflict "家庭积分池已结束" "The pool has ended";
    HoldEnded "hold_ended" Conflict "预留已结束" "The hold has ended";
    DebtNotOld "debt_not_old" Conflict "欠分未满 12 个月" "The debt isn't over twelve months old";
    RewardUnavailable "reward_unavailable" Conflict "该礼品暂不可兑换" "The reward isn't available";
    ClaimState "claim_state" Conflict "兑换的状态不允许此操作" "The exchange's state forbids this";
    OutOfStock "out_of_stock" Conflict "礼品已兑完" "Out of stock";
    VoucherUnusable "voucher_unusable" Conflict "券码不能使用" "The code can't be used";
    VoucherNotApplicable "voucher_not_applicable" Conflict "本单不能用此券" "The voucher isn't for this bill";
    RuleRefused "rule_refused" Conflict "会员规则不允许" "The program's rules refuse it";
    AlreadyExists "already_exists" Conflict "已存在" "It exists already";
    BillOverLimit "bill_over_limit" Conflict "账单超过每单上限" "The bill is beyond the limit";
    InUse "in_use" Conflict "仍在使用" "Still in use";
    PossibleDuplicate "possible_duplicate" Conflict "可能已有此顾客" "The customer may be registered already";
    CustomerMerged "customer_merged" Conflict "该顾客已并入另一位" "The customer was merged into another";
    MergeUsed "merge_used" Conflict "合并后已有变动" "Something has happened since the merge";
    Erased "erased" Conflict "顾客资料已删除" "The customer's data were erased";
    ApprovalNeeded "approval_needed" Conflict "须先经他人同意" "Others have to agree first";
    SecondPersonNeeded "second_person_needed" Conflict "须由另一人确认" "Somebody else must confirm it";
    ContractState "contract_state" Conflict "合同状态不允许此操作" "The contract's state forbids this";
    Unprintable "unprintable" Invalid "无法打印" "It can't be printed";
    PrepaidRule "prepaid_rule" Conflict "不符合预付卡规定" "Rules of prepaid cards forbid it";
    PassEnded "pass_ended" Conflict "次卡不能再用" "The pass can't be used any more";
    NotRefundable "not_refundable" Conflict "不能退款" "It can't be refunded";
    TermsNotAccepted "terms_not_accepted" Conflict "尚未接受条款" "Terms aren't accepted";
    ContractIncomplete "contract_incomplete" Invalid "合同内容不完整" "The contract is incomplete";
    MessageState "message_state" Conflict "消息的状态不允许此操作" "The message's state forbids this";
    DecidedAlready "decided_already" Conflict "已经处理" "Decided already";
    CountChanged "count_changed" Conflict "人数已变化" "The number of people has changed";
    TendersMismatch "tenders_mismatch" Invalid "付款合计与应付不符" "The tenders don't add up";
    ControlTotalsMismatch "control_totals_mismatch" Invalid "控制合计不符" "The control totals don't match";
    LineDiscountMismatch "line_discount_mismatch" Invalid "折扣与金额不符" "A line's discount doesn't add up";
    OccurredAtOutOfRange "occurred_at_out_of_range" Invalid "业务时间超出允许范围" "The time lies outside the permitted range";
    ConfigurationInvalid "configuration_invalid" Invalid "配置不符合要求" "The configuration is invalid";
    FieldInvalid "field_invalid" Invalid "填写有误" "A field is wrong";
    IdempotencyKeyReused "idempotency_key_reused" Invalid "Idempotency-Key 已用于另一请求" "The Idempotency-Key was used for another request";
    PreconditionRequired "precondition_required" Unconditional "缺少 If-Match" "The If-Match header is missing";
    VersionConflict "version_conflict" Stale "内容已被他人修改" "Somebody else has changed it";
    PasswordChangeRequired "password_change_required" Forbidden "请先修改初始密码" "Change the one-time password first";
    Busy "busy" Unavailable "系统繁忙" "Busy";
    StorageUnavailable "storage_unavailable" Unavailable "数据库暂不可用" "Storage is unavailable";
    PluginFailed "plugin_failed" Unavailable "会员规则暂时无法判断" "The program's rules can't be judged now";
    Internal "internal" Internal "系统内部错误" "Internal error";
}

/// A refusal: what happened ([`Code`]), why and what to do (`detail`), and the facts a client may want.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    pub code: Code,
    pub detail: Text,
    /// JSON pointer of the field at fault, where one is.
    pub pointer: Option<String>,
    pub facts: Box<Facts>,
}

/// Facts beside a refusal; they become members of the problem document.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Facts {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub available: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub needed: Option<i64>,
    /// Points that can be paid instead, and the money they stand for (minor units).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub possible_points: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub possible_amount: Option<i64>,
    /// The least that can be paid with points, and the money it stands for (minor units).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minimum_points: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minimum_amount: Option<i64>,
    /// The most there may be of what was too much; money in minor units.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<i64>,
    /// What a bill comes to without what was refused (minor units).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<CardState>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub blocks: Vec<Block>,
    /// What the state allows instead.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub allowed: Vec<String>,
    /// The state of a blank card, and the store where it counts; without one: at HQ.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blank_state: Option<BlankState>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blank_store_id: Option<StoreId>,
    /// What must be confirmed first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<String>,
    /// What keeps a merge from being taken back, by name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub in_the_way: Vec<String>,
    /// What a membership still has or owes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub left: Vec<Balance>,
    /// How many more wrong PINs there may be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tries_left: Option<i64>,
    /// The memberships that may be meant.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub memberships: Vec<MembershipChoice>,
    /// The request that waits for others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approval_id: Option<ApprovalId>,
    /// The first bill under a receipt number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sale_id: Option<BillId>,
    /// Whom the new customer may be, as the till shows them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub customers: Vec<KnownCustomer>,
    /// Reasons of a plugin.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub refusals: Vec<RuleRefusal>,
    /// Further fields at fault, with their pointers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// The same, in both languages.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub wrong: Vec<WrongField>,
}

/// One of several memberships of a customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MembershipChoice {
    pub id: MembershipId,
    pub program_id: ProgramId,
    /// The program's name.
    pub program: Text,
}

/// Somebody who is registered already.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownCustomer {
    pub id: CustomerId,
    /// Surname and form of address.
    pub display: Text,
}

/// One reason of a plugin, in its own words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleRefusal {
    pub rule: String,
    pub explanation: Text,
}

/// One wrong field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldError {
    pub pointer: String,
    pub detail: String,
}

/// One wrong field, in both languages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WrongField {
    pub pointer: String,
    /// What is wrong and what to do.
    pub detail: Text,
}

impl WrongField {
    pub fn new(pointer: impl Into<String>, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self {
            pointer: pointer.into(),
            detail: Text::new(zh, en),
        }
    }

    /// The refusal of a document whose fields below `root` are wrong; none where none is.
    pub fn refusal(root: &str, wrong: Vec<WrongField>) -> Option<Refusal> {
        let below = |field: WrongField| WrongField {
            pointer: format!("{root}{}", field.pointer),
            ..field
        };
        let wrong: Vec<WrongField> = wrong.into_iter().map(below).collect();
        let first = wrong.first()?.clone();
        let refusal = Refusal::new(Code::FieldInvalid, first.detail.zh, first.detail.en).at(first.pointer);
        Some(refusal.with(|facts| facts.wrong = wrong))
    }
}

impl Refusal {
    /// A refusal whose detail says why and what to do.
    pub fn new(code: Code, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self {
            code,
            detail: Text::new(zh, en),
            pointer: None,
            facts: Box::default(),
        }
    }

    /// Names the field at fault.
    #[must_use]
    pub fn at(mut self, pointer: impl Into<String>) -> Self {
        self.pointer = Some(pointer.into());
        self
    }

    /// Adds facts.
    #[must_use]
    pub fn with(mut self, facts: impl FnOnce(&mut Facts)) -> Self {
        facts(&mut self.facts);
        self
    }
}

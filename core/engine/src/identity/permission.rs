//! The one table of permissions: role × action → scope. Nothing else in Cardea decides who may do what.

use crate::actor::{Actor, Role};
use cardea_domain::id::StoreId;
use cardea_domain::{Code, Refusal};
use serde::{Deserialize, Serialize};

/// Where a role may take an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// In the stores the staff member is bound to (every store, if bound to none).
    Own,
    /// In the whole chain.
    Chain,
}

/// The stores a list may show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreScope {
    All,
    Only(Vec<StoreId>),
}

impl StoreScope {
    pub fn allows(&self, store: StoreId) -> bool {
        match self {
            StoreScope::All => true,
            StoreScope::Only(stores) => stores.contains(&store),
        }
    }
}

/// An action as a type.
pub trait Guard: 'static {
    const ACTION: Action;
}

macro_rules! actions {
    ($($(#[$doc:meta])* $action:ident $name:literal [$($scope:tt)*];)*) => {
        /// Everything that needs a permission. The names are on the wire (`GET /me`), so they never change.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum Action { $($(#[$doc])* #[serde(rename = $name)] $action,)* }

        /// One type per action, so that a handler's signature says what it needs.
        pub mod guard {
            $(
                #[derive(Debug)]
                pub struct $action;

                impl super::Guard for $action {
                    const ACTION: super::Action = super::Action::$action;
                }
            )*
        }

        impl Action {
            pub const ALL: &'static [Action] = &[$(Action::$action,)*];

            /// The name on the wire.
            pub fn as_str(self) -> &'static str {
                match self { $(Action::$action => $name,)* }
            }

            /// The action of this name.
            pub fn named(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|action| action.as_str() == name)
            }

            /// One cell per role, in the order of [`Role::ALL`].
            fn row(self) -> [Option<Scope>; Role::ALL.len()] {
                match self { $(Action::$action => [$(scope!($scope)),*],)* }
            }
        }
    };
}

macro_rules! scope {
    (C) => {
        Some(Scope::Chain)
    };
    (o) => {
        Some(Scope::Own)
    };
    (-) => {
        None
    };
}

// C: the whole chain, o: own stores, -: never.
//
// "Lookup" is what a person at the counter makes possible by giving a whole number: a member may shop in every store
// of the chain. "Read" is browsing, by name or four digits, and stays in the own stores.
actions! {
    //                                                hq mgr sup csh con clk fin aud api ven
    CustomerCreate "customer.create"                 [C  o   o   o   o   o   -   -   o   -];
    /// Browse and search, masked.
    CustomerRead "customer.read"                     [C  o   o   o   o   o   -   C   -   -];
    /// Find by a whole phone number; read one by id, masked.
    CustomerLookup "customer.lookup"                 [C  C   C   C   C   C   -   C   C   -];
    CustomerUpdate "customer.update"                 [C  o   o   -   o   o   -   -   -   -];
    /// What is known of a customer beyond name and phones, masked; with create or update, to write it.
    CustomerCard "customer.card"                     [C  o   o   -   o   o   -   C   -   -];
    /// Records of the chain's own types, about the customers of one's stores; their types.
    JournalRead "journal.read"                       [C  o   o   -   o   o   -   C   -   -];
    JournalWrite "journal.write"                     [C  o   o   -   o   o   -   -   -   -];
    RecordRead "record.read"                         [C  o   o   -   o   o   -   C   -   -];
    RecordWrite "record.write"                       [C  o   o   -   o   o   -   -   -   -];
    /// Make one customer of two, and take it back; duplicates of the chain side by side.
    CustomerMerge "customer.merge"                   [C  o   -   -   -   -   -   -   -   -];
    /// See what is masked, with a reason; the access log keeps it.
    CustomerReveal "customer.reveal"                 [C  o   o   -   o   -   -   -   -   -];
    /// Take away everything that is kept about a customer, as one file.
    CustomerExport "customer.export"                 [C  o   -   -   -   -   -   -   -   -];
    DeletionRequest "deletion.request"               [C  o   -   -   -   -   -   -   -   -];
    /// The second person; what is past its time.
    DeletionApprove "deletion.approve"               [C  -   -   -   -   -   -   -   -   -];
    /// Paper originals: take out and bring back.
    LendingWrite "lending.write"                     [C  o   o   -   o   o   -   -   -   -];
    LendingRead "lending.read"                       [C  o   o   -   o   o   -   C   -   -];
    DeletionRead "deletion.read"                     [C  o   -   -   -   -   -   C   -   -];
    /// What is to be done with the customers of one's stores.
    TaskRead "task.read"                             [C  o   o   -   o   o   -   C   -   -];
    TaskWrite "task.write"                           [C  o   o   -   o   o   -   -   -   -];
    /// Other people's: hand over, check.
    TaskManage "task.manage"                         [C  o   o   -   -   -   -   -   -   -];
    /// Warnings about all customers of one's stores.
    WarningRead "warning.read"                       [C  o   o   -   -   -   -   C   -   -];
    /// Warnings about the customers one looks after.
    WarningOwn "warning.own"                         [C  o   o   -   o   o   -   C   -   -];
    /// Report, resolve, put off.
    WarningWrite "warning.write"                     [C  o   o   -   o   o   -   -   -   -];
    /// Grade, credit limit and terms of a customer.
    AssessmentWrite "assessment.write"               [C  o   o   -   -   -   -   -   -   -];
    /// Photographs and files of customers, as they are; looking at one is noted.
    FileRead "file.read"                             [C  o   o   -   o   o   -   -   -   -];
    FileWrite "file.write"                           [C  o   o   -   o   o   -   -   -   -];
    /// Contracts with the customers of one's stores; reading one is noted.
    ContractRead "contract.read"                     [C  o   o   -   o   o   C   C   -   -];
    /// Drafts, requests for approval, supplements, successors, how much is done.
    ContractWrite "contract.write"                   [C  o   o   -   o   o   -   -   -   -];
    ContractSign "contract.sign"                     [C  o   -   -   -   o   -   -   -   -];
    /// Who keeps signed originals; stock-takes of them.
    ContractCustody "contract.custody"               [C  o   -   -   -   o   -   -   -   -];
    /// Terminate, archive.
    ContractEnd "contract.end"                       [C  o   -   -   -   -   -   -   -   -];
    /// Requests that others have to agree to.
    ApprovalRead "approval.read"                     [C  o   o   -   o   o   C   C   -   -];
    ApprovalDecide "approval.decide"                 [C  o   -   -   -   -   C   -   -   -];
    /// What was sent to staff and customers: of the customers of one's stores, and what goes to oneself.
    MessageRead "message.read"                       [C  o   -   -   -   -   -   C   -   -];
    /// Send again, drop.
    MessageManage "message.manage"                   [C  o   -   -   -   -   -   -   -   -];
    CardIssue "card.issue"                           [C  o   o   o   -   o   -   -   o   -];
    /// Browse by name or last four digits.
    CardRead "card.read"                             [C  o   o   o   o   o   C   C   -   -];
    /// Find by a whole number; read one by id, with its statement.
    CardLookup "card.lookup"                         [C  C   C   C   C   C   C   C   C   -];
    /// Blank cards: what is where, parcels, counts.
    CardStockRead "card_stock.read"                  [C  o   o   o   -   o   C   C   -   -];
    /// Send, receive, register as lost or damaged.
    CardStockMove "card_stock.move"                  [C  o   -   -   -   -   -   -   -   -];
    CardStockCount "card_stock.count"                [C  o   o   o   -   o   -   -   -   -];
    /// Differences of counts, by who hasn't counted.
    CardStockSign "card_stock.sign"                  [C  o   -   -   -   -   C   -   -   -];
    CardBatchWrite "card_batch.write"                [C  -   -   -   -   -   -   -   -   -];
    /// Take numbers of blank cards away: whoever has them could make cards.
    CardNumbersExport "card_numbers.export"          [C  -   -   -   -   -   -   -   -   -];
    CardFreeze "card.freeze"                         [C  C   C   C   -   -   -   -   -   -];
    CardUnfreeze "card.unfreeze"                     [C  o   o   -   -   -   -   -   -   -];
    /// Anyone at a counter may block a lost card at once, wherever it was issued (D-CARD-5).
    CardReportLoss "card.report_loss"                [C  C   C   C   C   C   -   -   C   -];
    CardCancelLoss "card.cancel_loss"                [C  o   o   o   -   -   -   -   -   -];
    CardReplace "card.replace"                       [C  o   o   o   -   -   -   -   -   -];
    CardCancel "card.cancel"                         [C  o   o   -   -   -   -   -   -   -];
    /// Somebody else than who entered the application.
    CardApprove "card.approve"                       [C  o   o   -   -   -   -   -   -   -];
    CardCollect "card.collect"                       [C  o   o   o   -   o   -   -   -   -];
    /// Anyone at a counter may take a found card.
    CardHandIn "card.hand_in"                        [C  C   C   C   C   C   -   -   -   -];
    CardReturn "card.return"                         [C  o   o   -   -   -   -   -   -   -];
    /// Set and change a PIN.
    CardPin "card.pin"                               [C  o   o   o   -   o   -   -   -   -];
    CardResetPin "card.reset_pin"                    [C  o   o   o   -   -   -   -   -   -];
    CardUnlockPin "card.unlock_pin"                  [C  o   o   o   -   -   -   -   -   -];
    /// A card's dynamic code, for who stands at the counter without the card.
    CardCode "card.code"                             [C  o   o   o   -   -   -   -   -   -];
    /// Say who holds an anonymous membership.
    MembershipHolder "membership.holder"             [C  o   o   o   -   o   -   -   -   -];
    /// Hand a membership over to another person.
    MembershipTransfer "membership.transfer"         [C  o   o   -   -   -   -   -   -   -];
    /// Make one of two memberships of a customer, and take it back.
    MembershipMerge "membership.merge"               [C  o   -   -   -   -   -   -   -   -];
    MembershipRead "membership.read"                 [C  C   C   C   C   C   C   C   C   -];
    /// Apply for a renewal: quote and post (D-CARD-8).
    MembershipRenew "membership.renew"               [C  o   o   o   -   o   -   -   o   -];
    /// Set a tier by hand, and take it back.
    TierSet "tier.set"                               [C  o   -   -   -   -   -   -   -   -];
    /// Quote and post.
    SalePost "sale.post"                             [C  o   o   o   -   -   -   -   o   -];
    SaleRead "sale.read"                             [C  o   o   o   o   -   C   C   o   -];
    /// Agree to what a program wants a manager for.
    SaleConfirm "sale.confirm"                       [C  o   -   -   -   -   -   -   -   -];
    /// Preview and post.
    ReturnPost "return.post"                         [C  o   o   o   -   -   -   -   o   -];
    RedemptionPost "redemption.post"                 [C  o   o   o   -   -   -   -   o   -];
    RedemptionCancel "redemption.cancel"             [C  o   o   o   -   -   -   -   o   -];
    /// Quote and post money that is paid in.
    TopUpPost "top_up.post"                          [C  o   o   o   -   -   -   -   o   -];
    TopUpRead "top_up.read"                          [C  o   o   o   o   -   C   C   o   -];
    /// Pay a top-up or a pass back.
    TopUpRefund "top_up.refund"                      [C  o   o   -   -   -   -   -   -   -];
    /// Use sessions of a pass, call a use off.
    PassUse "pass.use"                               [C  o   o   o   o   -   -   -   o   -];
    /// Everything that moved on a membership, as a file for its holder.
    MembershipRecord "membership.record"             [C  o   o   -   -   -   -   -   -   -];
    /// What is held of customers' money at a quarter's end, what of it is deposited; by whose law.
    PrepaidReport "prepaid.report"                   [C  -   -   -   -   -   C   C   -   -];
    ProgramRead "program.read"                       [C  C   C   C   C   C   C   C   C   C];
    ProgramWrite "program.write"                     [C  -   -   -   -   -   -   -   -   -];
    ConfigurationRead "configuration.read"           [C  C   -   -   -   -   C   C   -   C];
    ConfigurationWrite "configuration.write"         [C  -   -   -   -   -   -   -   -   -];
    RewardRead "reward.read"                         [C  C   C   C   C   C   C   C   C   -];
    /// A store's own catalogue (D-RET-3); the chain's needs the whole chain.
    RewardWrite "reward.write"                       [C  o   -   -   -   -   -   -   -   -];
    /// Kinds of vouchers, what was issued and used of them; never a code.
    VoucherRead "voucher.read"                       [C  C   C   C   C   C   C   C   C   -];
    /// Kinds, batches of codes.
    VoucherWrite "voucher.write"                     [C  -   -   -   -   -   -   -   -   -];
    /// Give a member a voucher; show its holder the code again; block one.
    VoucherIssue "voucher.issue"                     [C  o   o   -   -   -   -   -   -   -];
    CampaignRead "campaign.read"                     [C  C   C   -   C   -   C   C   -   -];
    /// What a campaign gives away, and who.
    CampaignWrite "campaign.write"                   [C  -   -   -   -   -   -   -   -   -];
    /// Tags, and who has which; segments, and who is in them of the customers of one's stores.
    SegmentRead "segment.read"                       [C  o   o   -   o   -   -   C   -   -];
    /// Tags and segments themselves, and what is done with everybody in one.
    SegmentWrite "segment.write"                     [C  -   -   -   -   -   -   -   -   -];
    /// Regions too.
    StoreRead "store.read"                           [C  C   C   C   C   C   C   C   C   -];
    StoreWrite "store.write"                         [C  -   -   -   -   -   -   -   -   -];
    StaffRead "staff.read"                           [C  o   -   -   -   -   -   C   -   -];
    StaffWrite "staff.write"                         [C  -   -   -   -   -   -   -   -   -];
    ImportRun "import.run"                           [C  -   -   -   -   -   -   -   -   -];
    /// What members have, what stores owe each other, what members owe: figures of the whole chain.
    AccountingRead "accounting.read"                 [C  -   -   -   -   -   C   C   -   -];
    /// Points by hand, alone up to the role's limits.
    AdjustmentWrite "adjustment.write"               [C  o   o   -   -   -   -   -   -   -];
    /// Let old debts go, with a second person.
    DebtWriteOff "debt.write_off"                    [C  -   -   -   -   -   C   -   -   -];
    /// Set points aside, spend or release them.
    HoldWrite "hold.write"                           [C  o   o   o   -   -   -   -   o   -];
    /// Who shares points with whom.
    PoolWrite "pool.write"                           [C  o   o   -   -   -   -   -   -   -];
    TransferPost "transfer.post"                     [C  o   o   -   -   -   -   -   -   -];
    JobRun "job.run"                                 [C  -   -   -   -   -   -   -   -   -];
    AuditRead "audit.read"                           [C  -   -   -   -   -   -   C   -   -];
    /// The installation itself; needs the platform operator's flag as well.
    PlatformOperate "platform.operate"               [C  -   -   -   -   -   -   -   -   -];
}

impl Role {
    /// Where this role may take the action; None: nowhere.
    pub fn grant(self, action: Action) -> Option<Scope> {
        let column = Self::ALL.iter().position(|role| *role == self)?;
        action.row()[column]
    }
}

impl Actor {
    /// What this actor may do, before any store is looked at: the role's grant, the operator's flag, and nothing at
    /// all while an initial password stands.
    fn grant(&self, action: Action) -> Result<Scope, Refusal> {
        if self.must_change_password {
            return Err(Refusal::new(
                Code::PasswordChangeRequired,
                "首次登录请先修改初始密码",
                "Change the initial password first (POST /auth/password)",
            ));
        }
        let granted = self
            .role
            .grant(action)
            .filter(|_| action != Action::PlatformOperate || self.platform_operator);
        granted.ok_or_else(|| forbidden(action))
    }

    /// Demands a permission in a store, or with None at something that belongs to the whole chain. Staff bound to
    /// stores may act on the chain's only where the table says so.
    ///
    /// # Errors
    /// `forbidden`; `password_change_required` while an initial password stands.
    pub fn require(&self, action: Action, store: Option<StoreId>) -> Result<(), Refusal> {
        let scope = self.grant(action)?;
        match (scope, &self.stores) {
            (Scope::Chain, _) | (Scope::Own, None) => Ok(()),
            (Scope::Own, Some(own)) if store.is_some_and(|store| own.contains(&store)) => Ok(()),
            (Scope::Own, Some(_)) => Err(forbidden(action)),
        }
    }

    /// The stores whose things a list may show.
    ///
    /// # Errors
    /// As [`Actor::require`].
    pub fn scope(&self, action: Action) -> Result<StoreScope, Refusal> {
        Ok(match (self.grant(action)?, &self.stores) {
            (Scope::Chain, _) | (Scope::Own, None) => StoreScope::All,
            (Scope::Own, Some(own)) => StoreScope::Only(own.clone()),
        })
    }

    /// The names of everything this actor may do somewhere, for `GET /me`.
    pub fn permissions(&self) -> Vec<&'static str> {
        Action::ALL
            .iter()
            .filter(|action| self.grant(**action).is_ok())
            .map(|action| action.as_str())
            .collect()
    }
}

fn forbidden(action: Action) -> Refusal {
    let name = action.as_str();
    Refusal::new(
        Code::Forbidden,
        format!("您没有在此执行该操作的权限（{name}）"),
        format!("You may not do this here ({name})"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use cardea_domain::id::ChainId;
    use uuid::Uuid;

    fn store(n: u128) -> StoreId {
        StoreId(Uuid::from_u128(n))
    }

    fn actor(role: Role, stores: Option<Vec<StoreId>>) -> Actor {
        Actor {
            role,
            stores,
            staff: Some(Uuid::from_u128(1).into()),
            ..Actor::system(ChainId(Uuid::from_u128(9)))
        }
    }

    fn code(result: Result<(), Refusal>) -> Option<Code> {
        result.err().map(|r| r.code)
    }

    #[test]
    fn names_are_unique_and_roles_parse() {
        let names: std::collections::HashSet<_> = Action::ALL.iter().map(|a| a.as_str()).collect();
        assert_eq!(names.len(), Action::ALL.len());
        for role in Role::ALL {
            assert_eq!(role.as_str().parse(), Ok(*role));
            assert_eq!(
                serde_json::to_value(role).unwrap(),
                role.as_str(),
                "one name everywhere"
            );
        }
        assert!("platform_operator".parse::<Role>().is_err(), "a flag, not a role");
    }

    #[test]
    fn every_operation_on_a_card_has_its_permission() {
        for row in cardea_domain::card::OPERATIONS {
            let action = Action::named(row.permission);
            assert!(
                action.is_some_and(|action| Role::HqAdmin.grant(action).is_some()),
                "{}",
                row.permission
            );
        }
    }

    #[test]
    fn a_cashier_works_in_the_own_stores() {
        let cashier = actor(Role::Cashier, Some(vec![store(1)]));
        for action in [
            Action::SalePost,
            Action::ReturnPost,
            Action::RedemptionPost,
            Action::CardIssue,
        ] {
            assert_eq!(code(cashier.require(action, Some(store(1)))), None, "{action:?}");
            assert_eq!(
                code(cashier.require(action, Some(store(2)))),
                Some(Code::Forbidden),
                "{action:?} elsewhere"
            );
            assert_eq!(
                code(cashier.require(action, None)),
                Some(Code::Forbidden),
                "{action:?} chain-wide"
            );
        }
        assert_eq!(
            code(cashier.require(Action::CardReportLoss, Some(store(2)))),
            None,
            "a loss, wherever it is told"
        );
        assert_eq!(
            cashier.scope(Action::CustomerRead).unwrap(),
            StoreScope::Only(vec![store(1)])
        );
        assert_eq!(cashier.scope(Action::CustomerLookup).unwrap(), StoreScope::All);
        let everywhere = actor(Role::Cashier, None);
        assert_eq!(code(everywhere.require(Action::SalePost, Some(store(2)))), None);
        assert_eq!(
            code(everywhere.require(Action::ProgramWrite, None)),
            Some(Code::Forbidden)
        );
    }

    #[test]
    fn readers_write_nothing_and_vendors_see_no_customer() {
        let writes = [
            Action::CustomerCreate,
            Action::CustomerUpdate,
            Action::CardIssue,
            Action::CardFreeze,
            Action::CardReportLoss,
            Action::CardReplace,
            Action::SalePost,
            Action::ReturnPost,
            Action::RedemptionPost,
            Action::ProgramWrite,
            Action::ConfigurationWrite,
            Action::RewardWrite,
            Action::StoreWrite,
            Action::StaffWrite,
            Action::ImportRun,
        ];
        for action in writes {
            assert_eq!(Role::Auditor.grant(action), None, "{action:?}");
            assert_eq!(Role::Finance.grant(action), None, "{action:?}");
        }
        let vendor = actor(Role::Vendor, None).permissions();
        assert_eq!(vendor, ["program.read", "configuration.read"]);
    }

    #[test]
    fn only_head_office_administers_and_only_the_operator_operates() {
        for role in Role::ALL.iter().filter(|r| **r != Role::HqAdmin) {
            for action in [
                Action::StaffWrite,
                Action::StoreWrite,
                Action::ProgramWrite,
                Action::PlatformOperate,
            ] {
                assert_eq!(role.grant(action), None, "{role:?} {action:?}");
            }
        }
        let mut admin = actor(Role::HqAdmin, None);
        assert_eq!(
            code(admin.require(Action::PlatformOperate, None)),
            Some(Code::Forbidden)
        );
        admin.platform_operator = true;
        assert_eq!(code(admin.require(Action::PlatformOperate, None)), None);
    }

    #[test]
    fn an_initial_password_permits_nothing() {
        let mut admin = actor(Role::HqAdmin, None);
        admin.must_change_password = true;
        for action in Action::ALL {
            assert_eq!(
                code(admin.require(*action, None)),
                Some(Code::PasswordChangeRequired),
                "{action:?}"
            );
        }
        assert!(admin.permissions().is_empty());
    }
}

//! The demo's chains before they open: stores, staff, program, rewards.

use super::cast::{CHAINS, Chain, REWARDS};
use super::dice::Dice;
use super::trade::code;
use crate::actor::{Actor, Role};
use crate::bootstrap::{NewAdmin, NewChain};
use crate::identity::{NewStaff, Staff};
use crate::program::{NewConfiguration, NewProgram};
use crate::reward::{NewReward, Reward};
use crate::store::schema::staff;
use crate::store::{Answer, Id};
use crate::store_admin::{NewRegion, NewStore, Region, Store};
use crate::{Engine, each};
use cardea_domain::id::{ProgramId, RewardId, StaffId, StoreId};
use cardea_domain::{Instant, Refusal, Text};
use diesel::prelude::*;
use zeroize::Zeroizing;

/// A log-in of the demo. It follows from the seed, so that it can be shown again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    pub chain: &'static str,
    pub user: &'static str,
    pub password: String,
    pub role: Role,
}

impl Login {
    /// The till and the head office of each chain: what a visitor looks at first.
    pub fn try_first(&self) -> bool {
        matches!(self.role, Role::Cashier | Role::HqAdmin)
    }
}

/// Everybody who can log in to the demo of a seed: one per role, in every chain that has the role.
pub fn logins(seed: u64) -> Vec<Login> {
    let of_chain = |chain: &'static Chain| {
        chain.logins.iter().map(move |(user, role, _)| Login {
            chain: chain.code,
            user,
            password: password(seed, chain, user),
            role: *role,
        })
    };
    CHAINS.iter().flat_map(of_chain).collect()
}

/// Three syllables and four digits, twice: easy to type, long enough for the product's own rule.
fn password(seed: u64, chain: &Chain, user: &str) -> String {
    const HEADS: [&str; 12] = ["ba", "do", "fi", "ga", "ke", "lu", "mo", "na", "pi", "ru", "so", "ta"];
    let label = user
        .bytes()
        .fold(7_u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
    let mut dice = Dice::of(seed, &[code(chain), label, 3]);
    let mut word = || (0..3).map(|_| *dice.pick(&HEADS, 1)).collect::<String>();
    let (first, second) = (word(), word());
    format!("{first}-{second}-{}", dice.between(1000, 9999))
}

/// A chain that can trade.
#[derive(Clone, Debug)]
pub(super) struct Shop {
    pub chain: &'static Chain,
    pub actor: Actor,
    pub program: ProgramId,
    pub stores: Vec<Place>,
}

#[derive(Clone, Debug)]
pub(super) struct Place {
    pub id: StoreId,
    pub consultant: StaffId,
    /// Id and price of what points buy here.
    pub rewards: Vec<(RewardId, i64)>,
}

/// Creates a chain. Its business clock stands at `opening`.
pub(super) async fn open(engine: &Engine, seed: u64, chain: &'static Chain, opening: Instant) -> Result<Shop, Refusal> {
    let new = NewChain {
        code: chain.code.into(),
        name: chain.name.into(),
        currency: chain.currency.into(),
        time_zone: chain.zone.into(),
    };
    let admin = NewAdmin {
        user: "admin".into(),
        name: "总部管理员".into(),
        password: Zeroizing::new(password(seed, chain, "admin")),
        must_change_password: false,
        platform_operator: chain.code == CHAINS[0].code,
    };
    let (id, _) = engine.create_chain(new, admin).await?;
    engine.clock().set_business(id, Some(opening));
    let actor = Actor::system(id);
    let stores = stores(engine, &actor, chain).await?;
    let consultants = hire(engine, &actor, seed, chain, &stores).await?;
    let program = program(engine, &actor, chain).await?;
    let mut places = Vec::new();
    for (at, (id, consultant)) in stores.into_iter().zip(consultants).enumerate() {
        let rewards = rewards(engine, &actor, program, chain, at, id).await?;
        places.push(Place {
            id,
            consultant,
            rewards,
        });
    }
    let everywhere = rewards_everywhere(engine, &actor, program).await?;
    for place in &mut places {
        place.rewards.extend(&everywhere);
    }
    Ok(Shop {
        chain,
        actor,
        program,
        stores: places,
    })
}

async fn stores(engine: &Engine, actor: &Actor, chain: &Chain) -> Result<Vec<StoreId>, Refusal> {
    let mut regions = Vec::new();
    for (code, name) in chain.regions {
        let new = NewRegion {
            code: (*code).into(),
            name: (*name).into(),
        };
        regions.push(engine.create::<Region>(actor, None, new).await?.value.id);
    }
    let mut stores = Vec::new();
    for store in chain.stores {
        let new = NewStore {
            code: store.code.into(),
            name: store.name.into(),
            region_id: regions.get(store.region).copied(),
            time_zone: Some(chain.zone.into()),
            kind: Some(store.kind),
        };
        stores.push(engine.create::<Store>(actor, None, new).await?.value.id);
    }
    Ok(stores)
}

/// The log-ins, and a consultant for every store; returns the consultants. Nobody has to change the demo's passwords.
async fn hire(
    engine: &Engine,
    actor: &Actor,
    seed: u64,
    chain: &Chain,
    stores: &[StoreId],
) -> Result<Vec<StaffId>, Refusal> {
    let mut people: Vec<(String, Role, Option<usize>)> = Vec::new();
    for (user, role, store) in chain.logins.iter().filter(|(user, ..)| *user != "admin") {
        people.push(((*user).to_owned(), *role, *store));
    }
    let has_one = |at: usize| {
        chain
            .logins
            .iter()
            .any(|(_, role, store)| *role == Role::Consultant && *store == Some(at))
    };
    for at in (0..stores.len()).filter(|at| !has_one(*at)) {
        people.push((format!("adviser-{}", chain.stores[at].code), Role::Consultant, Some(at)));
    }
    let mut consultants = vec![None; stores.len()];
    for (user, role, store) in people {
        let new = NewStaff {
            // Several consultants, one per store: lists of staff tell them apart.
            name: match store {
                Some(at) if role == Role::Consultant => format!("{} {}", chain.stores[at].name, title(role)),
                _ => title(role).into(),
            },
            role,
            store_ids: store.map(|at| stores[at]).into_iter().collect(),
            password: password(seed, chain, &user),
            user,
        };
        let id = engine.create::<Staff>(actor, None, new).await?.value.id;
        if let (Role::Consultant, Some(at)) = (role, store) {
            consultants[at] = Some(id);
        }
    }
    let settle = |tx: &mut crate::store::Tx<'_>| {
        let here = staff::table.filter(staff::chain_id.eq(Id::from(tx.chain())));
        each!(tx.conn(), c => diesel::update(here).set(staff::must_change_password.eq(false)).execute(c)?);
        Ok(Answer::no_content())
    };
    engine.transact(actor, None, "demo.staff", settle).await?;
    Ok(consultants.into_iter().flatten().collect())
}

fn title(role: Role) -> &'static str {
    match role {
        Role::HqAdmin => "总部管理员",
        Role::StoreManager => "店长",
        Role::Supervisor => "主管",
        Role::Cashier => "收银员",
        Role::Consultant => "美容顾问",
        Role::Clerk => "信息员",
        Role::Finance => "财务",
        Role::Auditor => "审计",
        Role::ApiClient => "收银系统",
        Role::Vendor => "插件供应商",
    }
}

async fn program(engine: &Engine, actor: &Actor, chain: &Chain) -> Result<ProgramId, Refusal> {
    let (code, zh, en) = chain.program;
    let new = NewProgram {
        code: code.into(),
        name: Text::new(zh, en),
        plugin: "retail".into(),
    };
    let program = engine.create_program(actor, None, new).await?.value.id;
    let configuration = NewConfiguration {
        effective_from: None,
        plugin_config: chain.plugin_config(),
        ladder: chain.ladder(),
        points: super::cast::points(),
    };
    engine.create_configuration(actor, None, program, configuration).await?;
    Ok(program)
}

/// What only this store offers.
async fn rewards(
    engine: &Engine,
    actor: &Actor,
    program: ProgramId,
    chain: &Chain,
    at: usize,
    store: StoreId,
) -> Result<Vec<(RewardId, i64)>, Refusal> {
    let mut rewards = Vec::new();
    for (code, zh, en, points, _) in REWARDS.iter().filter(|(.., of_one_store)| *of_one_store) {
        let new = NewReward {
            program_id: program,
            store_id: Some(store),
            code: format!("{code}-{}", chain.stores[at].code),
            name: Text::new(*zh, *en),
            points: *points,
            stock: Some(10_000),
            rules: Default::default(),
        };
        rewards.push((engine.create::<Reward>(actor, None, new).await?.value.id, *points));
    }
    Ok(rewards)
}

async fn rewards_everywhere(
    engine: &Engine,
    actor: &Actor,
    program: ProgramId,
) -> Result<Vec<(RewardId, i64)>, Refusal> {
    let mut rewards = Vec::new();
    for (code, zh, en, points, _) in REWARDS.iter().filter(|(.., of_one_store)| !of_one_store) {
        let new = NewReward {
            program_id: program,
            store_id: None,
            code: (*code).into(),
            name: Text::new(*zh, *en),
            points: *points,
            stock: None,
            rules: Default::default(),
        };
        rewards.push((engine.create::<Reward>(actor, None, new).await?.value.id, *points));
    }
    Ok(rewards)
}

use super::*;
use crate::actor::Role;
use crate::fixture::*;
use crate::fixture::{Backend, both};
use crate::program::NewProgram;
use cardea_domain::Code;

both!(a_catalogue_is_a_stores_or_the_chains, wrong_rewards_are_refused,);

async fn program(f: &Fixture) -> ProgramId {
    let new = NewProgram {
        code: "vip".into(),
        name: Text::new("贵宾卡", "VIP card"),
        plugin: "retail".into(),
    };
    f.engine.create_program(&f.admin, None, new).await.unwrap().value.id
}

fn new_reward(program_id: ProgramId, code: &str) -> NewReward {
    let name = Text::new("雨伞", "Umbrella");
    NewReward {
        program_id,
        store_id: None,
        code: code.into(),
        name,
        points: 500,
        stock: Some(3),
        rules: Default::default(),
    }
}

async fn a_catalogue_is_a_stores_or_the_chains(on: Backend) {
    let f = Fixture::on(on).await;
    let program = program(&f).await;
    let elsewhere = create_store(&f.engine, &f.admin, "s02").await;
    let everywhere = f
        .engine
        .create::<Reward>(&f.admin, None, new_reward(program, "U1"))
        .await
        .unwrap()
        .value;
    assert_eq!(
        (everywhere.code.as_str(), everywhere.points, everywhere.stock),
        ("u1", 500, Some(3))
    );
    let manager = f.actor(Role::StoreManager, &[f.store]);
    let mine = NewReward {
        store_id: Some(f.store),
        stock: None,
        ..new_reward(program, "u2")
    };
    let mine = f.engine.create::<Reward>(&manager, None, mine).await.unwrap().value;
    let theirs = NewReward {
        store_id: Some(elsewhere),
        ..new_reward(program, "u3")
    };
    assert_eq!(
        code(f.engine.create::<Reward>(&manager, None, theirs).await),
        Code::Forbidden
    );
    assert_eq!(
        code(
            f.engine
                .create::<Reward>(&manager, None, new_reward(program, "u4"))
                .await
        ),
        Code::Forbidden
    );

    let query = |program_id, store_id| RewardQuery {
        program_id,
        store_id,
        ..Default::default()
    };
    let codes = |program, store| {
        let rewards = f.engine.list::<Reward>(&manager, &query(program, store)).unwrap().items;
        rewards.into_iter().map(|reward| reward.code).collect::<Vec<_>>()
    };
    assert_eq!(codes(None, None), ["u1", "u2"]);
    assert_eq!(codes(Some(program), Some(f.store)), ["u1", "u2"]);
    assert_eq!(codes(Some(program), Some(elsewhere)), ["u1"]);
    assert!(codes(Some(uuid::Uuid::nil().into()), None).is_empty());

    changes_stay_with_their_owner(&f, &manager, mine, everywhere).await;
}

/// A manager changes the store's rewards, headquarters the chain's; a change names the version it has read.
async fn changes_stay_with_their_owner(f: &Fixture, manager: &Actor, mine: Reward, everywhere: Reward) {
    let patch = RewardChange {
        points: Some(400),
        stock: Some(Some(9)),
        ..Default::default()
    };
    let changed = f
        .engine
        .update::<Reward>(manager, None, mine.id, 1, patch.clone())
        .await
        .unwrap()
        .value;
    assert_eq!((changed.points, changed.stock, changed.version), (400, Some(9), 2));
    assert_eq!(
        code(
            f.engine
                .update::<Reward>(manager, None, mine.id, 1, patch.clone())
                .await
        ),
        Code::VersionConflict
    );
    assert_eq!(
        code(f.engine.update::<Reward>(manager, None, everywhere.id, 1, patch).await),
        Code::Forbidden
    );
    let off = RewardChange {
        active: Some(false),
        stock: Some(None),
        ..Default::default()
    };
    let off = f
        .engine
        .update::<Reward>(&f.admin, None, everywhere.id, 1, off)
        .await
        .unwrap()
        .value;
    assert_eq!((off.active, off.stock), (false, None));
    assert_eq!(f.engine.one::<Reward>(manager, everywhere.id).unwrap(), off);
}

async fn wrong_rewards_are_refused(on: Backend) {
    let f = Fixture::on(on).await;
    let program = program(&f).await;
    let nothing = uuid::Uuid::nil();
    for (new, pointer) in [
        (
            NewReward {
                points: 0,
                ..new_reward(program, "u")
            },
            "/points",
        ),
        (
            NewReward {
                stock: Some(-1),
                ..new_reward(program, "u")
            },
            "/stock",
        ),
        (
            NewReward {
                program_id: nothing.into(),
                ..new_reward(program, "u")
            },
            "/program_id",
        ),
        (
            NewReward {
                store_id: Some(nothing.into()),
                ..new_reward(program, "u")
            },
            "/store_id",
        ),
        (new_reward(program, "雨伞"), "/code"),
    ] {
        let refused = at(f.engine.create::<Reward>(&f.admin, None, new.clone()).await);
        assert_eq!(refused, (Code::FieldInvalid, pointer.to_owned()), "{new:?}");
    }
    let reward = f
        .engine
        .create::<Reward>(&f.admin, None, new_reward(program, "u"))
        .await
        .unwrap()
        .value;
    let again = f
        .engine
        .create::<Reward>(&f.admin, None, new_reward(program, "U"))
        .await;
    assert_eq!(at(again), (Code::AlreadyExists, "/code".to_owned()));
    let patch = RewardChange {
        stock: Some(Some(-1)),
        ..Default::default()
    };
    assert_eq!(
        code(f.engine.update::<Reward>(&f.admin, None, reward.id, 1, patch).await),
        Code::FieldInvalid
    );
    let stranger = Actor::system(create_chain(&f.engine, "other").await);
    assert_eq!(code(f.engine.one::<Reward>(&stranger, reward.id)), Code::NotFound);
}

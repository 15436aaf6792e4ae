use super::*;
use crate::actor::{Actor, Role};
use crate::fixture::*;
use crate::fixture::{Backend, both};
use cardea_domain::Code;

both!(
    stores_stand_in_regions_and_zones,
    wrong_stores_are_refused,
    codes_are_unique_in_a_chain_only_and_chains_are_apart,
    a_closed_store_takes_no_new_customers,
);

fn new_store(code: &str) -> NewStore {
    NewStore {
        code: code.into(),
        name: "王府井店".into(),
        region_id: None,
        time_zone: None,
        kind: None,
    }
}

fn new_region(code: &str) -> NewRegion {
    NewRegion {
        code: code.into(),
        name: "华北".into(),
    }
}

async fn stores_stand_in_regions_and_zones(on: Backend) {
    let f = Fixture::on(on).await;
    let region = f
        .engine
        .create::<Region>(&f.admin, None, new_region("North"))
        .await
        .unwrap()
        .value;
    assert_eq!((region.code.as_str(), region.name.as_str()), ("north", "华北"));
    let new = NewStore {
        region_id: Some(region.id),
        time_zone: Some("America/New_York".into()),
        kind: Some(StoreKind::Dealer),
        ..new_store("S02")
    };
    let store = f.engine.create::<Store>(&f.admin, None, new).await.unwrap().value;
    assert_eq!(
        (store.code.as_str(), store.region_id, store.kind),
        ("s02", Some(region.id), StoreKind::Dealer)
    );
    assert_eq!(
        (store.time_zone.as_str(), store.active, store.version),
        ("America/New_York", true, 1)
    );
    assert_eq!(
        f.engine.one::<Store>(&f.admin, f.store).unwrap().time_zone.as_str(),
        "Asia/Shanghai",
        "the chain's"
    );

    let patch = StoreChange {
        region_id: Some(None),
        active: Some(false),
        ..Default::default()
    };
    let changed = f
        .engine
        .update::<Store>(&f.admin, None, store.id, 1, patch.clone())
        .await
        .unwrap()
        .value;
    assert_eq!((changed.region_id, changed.active, changed.version), (None, false, 2));
    assert_eq!(
        (changed.name, changed.kind),
        (store.name, StoreKind::Dealer),
        "the rest stays"
    );
    assert_eq!(
        code(f.engine.update::<Store>(&f.admin, None, store.id, 1, patch).await),
        Code::VersionConflict
    );

    let one = |after| StoreQuery {
        limit: Some(1),
        after,
        ..Default::default()
    };
    let page = f.engine.list::<Store>(&f.admin, &one(None)).unwrap();
    assert_eq!(page.items[0].id, f.store);
    let rest = f.engine.list::<Store>(&f.admin, &one(page.next)).unwrap();
    assert_eq!((rest.items[0].id, rest.next), (store.id, None));
    assert_eq!(
        f.engine.list::<Region>(&f.admin, &Default::default()).unwrap().items,
        [region]
    );
}

async fn wrong_stores_are_refused(on: Backend) {
    let f = Fixture::on(on).await;
    let nowhere = Some(uuid::Uuid::nil().into());
    for (new, refusal) in [
        (new_store("S01"), (Code::AlreadyExists, "/code")),
        (new_store("店"), (Code::FieldInvalid, "/code")),
        (
            NewStore {
                time_zone: Some("China".into()),
                ..new_store("s02")
            },
            (Code::FieldInvalid, "/time_zone"),
        ),
        (
            NewStore {
                region_id: nowhere,
                ..new_store("s02")
            },
            (Code::FieldInvalid, "/region_id"),
        ),
        (
            NewStore {
                name: String::new(),
                ..new_store("s02")
            },
            (Code::FieldInvalid, "/name"),
        ),
    ] {
        let refused = at(f.engine.create::<Store>(&f.admin, None, new.clone()).await);
        assert_eq!(refused, (refusal.0, refusal.1.to_owned()), "{new:?}");
    }
    f.engine
        .create::<Region>(&f.admin, None, new_region("north"))
        .await
        .unwrap();
    let again = f.engine.create::<Region>(&f.admin, None, new_region("NORTH")).await;
    assert_eq!(at(again), (Code::AlreadyExists, "/code".to_owned()));
}

async fn codes_are_unique_in_a_chain_only_and_chains_are_apart(on: Backend) {
    let f = Fixture::on(on).await;
    let stranger = Actor::system(create_chain(&f.engine, "other").await);
    let theirs = create_store(&f.engine, &stranger, "s01").await;
    assert_eq!(code(f.engine.one::<Store>(&f.admin, theirs)), Code::NotFound);
    assert_eq!(
        f.engine
            .list::<Store>(&f.admin, &Default::default())
            .unwrap()
            .items
            .len(),
        1
    );
    let patch = StoreChange {
        active: Some(false),
        ..Default::default()
    };
    assert_eq!(
        code(f.engine.update::<Store>(&f.admin, None, theirs, 1, patch).await),
        Code::NotFound
    );
    let manager = f.actor(Role::StoreManager, &[f.store]);
    assert_eq!(
        code(f.engine.create::<Store>(&manager, None, new_store("s03")).await),
        Code::Forbidden
    );
    assert_eq!(
        code(f.engine.create::<Region>(&manager, None, new_region("x")).await),
        Code::Forbidden
    );
}

async fn a_closed_store_takes_no_new_customers(on: Backend) {
    let f = Fixture::on(on).await;
    let old = f
        .engine
        .create_customer(&f.admin, None, f.customer("王芳", "13812345678"))
        .await
        .unwrap()
        .value;
    let patch = StoreChange {
        active: Some(false),
        ..Default::default()
    };
    f.engine
        .update::<Store>(&f.admin, None, f.store, 1, patch)
        .await
        .unwrap();
    let new = f
        .engine
        .create_customer(&f.admin, None, f.customer("李雷", "13812345678"))
        .await;
    assert_eq!(at(new), (Code::FieldInvalid, "/store_id".to_owned()));
    let patch = crate::archive::CustomerChange {
        name: Some("王小芳".into()),
        ..Default::default()
    };
    assert!(f.engine.update_customer(&f.admin, None, old.id, 1, patch).await.is_ok());
}

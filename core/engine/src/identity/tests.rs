use super::*;
use crate::actor::{Actor, Role};
use crate::fixture::*;
use crate::store_admin::Store;
use cardea_domain::id::{StaffId, StoreId};
use cardea_domain::{Code, Instant};

both!(
    logging_in_gives_tokens_that_say_who,
    every_failed_log_in_looks_the_same,
    guessing_is_stopped,
    an_initial_password_only_serves_to_change_it,
    refresh_tokens_work_once_and_a_copy_ends_the_session,
    a_session_ends_by_log_out_by_rest_and_by_age,
    changes_of_an_account_hold_at_once,
    nobody_locks_everybody_out_or_climbs,
    accounts_are_checked,
);

fn login(chain: &str, user: &str, password: &str) -> Login {
    Login {
        chain: chain.into(),
        user: user.into(),
        password: password.into(),
    }
}

async fn log_in(f: &Fixture, user: &str, password: &str) -> Tokens {
    f.engine.login(login("demo", user, password), None).await.unwrap()
}

fn new_staff(user: &str, role: Role, stores: &[StoreId]) -> NewStaff {
    NewStaff {
        user: user.into(),
        name: "安娜".into(),
        role,
        store_ids: stores.to_vec(),
        password: "first password".into(),
    }
}

/// A staff member who has changed the initial password to [`PASSWORD`].
async fn staff(f: &Fixture, user: &str, role: Role, stores: &[StoreId]) -> StaffId {
    let id = f
        .engine
        .create::<Staff>(&f.admin, None, new_staff(user, role, stores))
        .await
        .unwrap()
        .value
        .id;
    let tokens = log_in(f, user, "first password").await;
    let actor = f.engine.authenticate(&tokens.access_token, None).unwrap();
    let change = ChangePassword {
        old_password: "first password".into(),
        new_password: PASSWORD.into(),
    };
    f.engine.change_password(&actor, change).await.unwrap();
    id
}

async fn logging_in_gives_tokens_that_say_who(on: Backend) {
    let f = Fixture::on(on).await;
    let id = staff(&f, "Anna", Role::Cashier, &[f.store]).await;
    let tokens = f.engine.login(login(" DEMO ", " anna", PASSWORD), None).await.unwrap();
    assert_eq!((tokens.expires_in, tokens.must_change_password), (600, false));
    let source = "10.1.2.3".parse().unwrap();
    let actor = f.engine.authenticate(&tokens.access_token, Some(source)).unwrap();
    assert_eq!(
        (actor.chain, actor.staff, actor.role),
        (f.chain, Some(id), Role::Cashier)
    );
    assert_eq!(
        (actor.stores.as_deref(), actor.source_ip.as_deref()),
        (Some([f.store].as_slice()), Some("10.1.2.3"))
    );
    let me = f.engine.me(&actor, "en").unwrap();
    assert_eq!(
        (me.user.as_str(), me.chain.code.as_str(), me.stores.len()),
        ("anna", "demo", 1)
    );
    assert!(me.permissions.contains(&"sale.post") && !me.permissions.contains(&"staff.write"));
}

async fn every_failed_log_in_looks_the_same(on: Backend) {
    let f = Fixture::on(on).await;
    let id = staff(&f, "anna", Role::Cashier, &[f.store]).await;
    staff(&f, "ben", Role::Cashier, &[f.store]).await;
    let off = StaffChange {
        active: Some(false),
        ..Default::default()
    };
    f.engine.update::<Staff>(&f.admin, None, id, 2, off).await.unwrap();
    let mut refusals = Vec::new();
    for attempt in [
        login("demo", "anna", PASSWORD),
        login("demo", "ben", "wrong password"),
        login("demo", "nobody", PASSWORD),
        login("nowhere", "ben", PASSWORD),
        login("", "", ""),
    ] {
        refusals.push(f.engine.login(attempt, None).await.unwrap_err());
    }
    assert!(refusals.iter().all(|refusal| *refusal == refusals[0]), "{refusals:?}");
    assert_eq!(refusals[0].code, Code::LoginFailed);
}

async fn guessing_is_stopped(on: Backend) {
    let f = Fixture::on(on).await;
    for _ in 0..10 {
        assert_eq!(
            code(f.engine.login(login("demo", "admin", "wrong password"), None).await),
            Code::LoginFailed
        );
    }
    let right = f.engine.login(login("demo", "admin", PASSWORD), None).await;
    assert_eq!(
        code(right),
        Code::LoginThrottled,
        "the right password doesn't help either"
    );
}

async fn an_initial_password_only_serves_to_change_it(on: Backend) {
    let f = Fixture::on(on).await;
    f.engine
        .create::<Staff>(&f.admin, None, new_staff("anna", Role::HqAdmin, &[]))
        .await
        .unwrap();
    let tokens = log_in(&f, "anna", "first password").await;
    assert!(tokens.must_change_password);
    let actor = f.engine.authenticate(&tokens.access_token, None).unwrap();
    assert_eq!(
        code(f.engine.list::<Store>(&actor, &Default::default())),
        Code::PasswordChangeRequired
    );
    assert!(f.engine.me(&actor, "en").unwrap().permissions.is_empty());
    let change = |old: &str, new: &str| ChangePassword {
        old_password: old.into(),
        new_password: new.into(),
    };
    for (old, new, refusal) in [
        ("wrong", PASSWORD, (Code::LoginFailed, "/old_password")),
        ("first password", "short", (Code::FieldInvalid, "/new_password")),
        (
            "first password",
            "first password",
            (Code::FieldInvalid, "/new_password"),
        ),
    ] {
        let refused = at(f.engine.change_password(&actor, change(old, new)).await);
        assert_eq!(refused, (refusal.0, refusal.1.to_owned()), "{new}");
    }
    let other = log_in(&f, "anna", "first password").await;
    f.engine
        .change_password(&actor, change("first password", PASSWORD))
        .await
        .unwrap();
    let actor = f.engine.authenticate(&tokens.access_token, None).unwrap();
    assert!(f.engine.list::<Store>(&actor, &Default::default()).is_ok());
    assert_eq!(
        code(f.engine.authenticate(&other.access_token, None)),
        Code::Unauthenticated,
        "other sessions end"
    );
}

async fn refresh_tokens_work_once_and_a_copy_ends_the_session(on: Backend) {
    let f = Fixture::on(on).await;
    let first = log_in(&f, "admin", PASSWORD).await;
    let second = f.engine.refresh(&first.refresh_token, None).await.unwrap();
    let third = f.engine.refresh(&second.refresh_token, None).await.unwrap();
    assert!(f.engine.authenticate(&third.access_token, None).is_ok());
    // However old the copy: it was ours, and it was used.
    assert_eq!(
        code(f.engine.refresh(&first.refresh_token, None).await),
        Code::Unauthenticated
    );
    assert_eq!(
        code(f.engine.authenticate(&third.access_token, None)),
        Code::Unauthenticated
    );
    assert_eq!(
        code(f.engine.refresh(&third.refresh_token, None).await),
        Code::Unauthenticated
    );
    assert_eq!(code(f.engine.refresh("made up", None).await), Code::Unauthenticated);
}

async fn a_session_ends_by_log_out_by_rest_and_by_age(on: Backend) {
    let f = Fixture::on(on).await;
    let tokens = log_in(&f, "admin", PASSWORD).await;
    let actor = f.engine.authenticate(&tokens.access_token, None).unwrap();
    f.engine.logout(&actor).await.unwrap();
    assert_eq!(
        code(f.engine.authenticate(&tokens.access_token, None)),
        Code::Unauthenticated
    );
    assert_eq!(
        code(f.engine.refresh(&tokens.refresh_token, None).await),
        Code::Unauthenticated
    );

    let tokens = log_in(&f, "admin", PASSWORD).await;
    f.engine.clock().set(Instant(NOW.0 + 631_000));
    assert_eq!(
        code(f.engine.authenticate(&tokens.access_token, None)),
        Code::TokenExpired
    );
    f.engine.clock().set(Instant(NOW.0 + 12 * 3_600_000));
    assert_eq!(
        code(f.engine.refresh(&tokens.refresh_token, None).await),
        Code::Unauthenticated,
        "12 hours of rest"
    );

    let mut tokens = log_in(&f, "admin", PASSWORD).await;
    let begun = f.engine.clock().now().0;
    for hour in (8..7 * 24).step_by(8) {
        f.engine.clock().set(Instant(begun + hour * 3_600_000));
        tokens = f.engine.refresh(&tokens.refresh_token, None).await.unwrap();
    }
    f.engine.clock().set(Instant(begun + 7 * 24 * 3_600_000));
    assert_eq!(
        code(f.engine.refresh(&tokens.refresh_token, None).await),
        Code::Unauthenticated,
        "seven days"
    );
}

async fn changes_of_an_account_hold_at_once(on: Backend) {
    let f = Fixture::on(on).await;
    let id = staff(&f, "anna", Role::Cashier, &[f.store]).await;
    let tokens = log_in(&f, "anna", PASSWORD).await;
    assert_eq!(
        f.engine.authenticate(&tokens.access_token, None).unwrap().role,
        Role::Cashier
    );
    let patch = StaffChange {
        role: Some(Role::Auditor),
        store_ids: Some(Vec::new()),
        ..Default::default()
    };
    let view = f
        .engine
        .update::<Staff>(&f.admin, None, id, 2, patch)
        .await
        .unwrap()
        .value;
    assert_eq!((view.role, view.version, view.store_ids.len()), (Role::Auditor, 3, 0));
    let actor = f.engine.authenticate(&tokens.access_token, None).unwrap();
    assert_eq!((actor.role, actor.stores), (Role::Auditor, None));
    let patch = StaffChange {
        active: Some(false),
        ..Default::default()
    };
    f.engine
        .update::<Staff>(&f.admin, None, id, 3, patch.clone())
        .await
        .unwrap();
    assert_eq!(
        code(f.engine.authenticate(&tokens.access_token, None)),
        Code::Unauthenticated
    );
    assert_eq!(
        code(f.engine.refresh(&tokens.refresh_token, None).await),
        Code::Unauthenticated
    );
    assert_eq!(
        code(f.engine.update::<Staff>(&f.admin, None, id, 3, patch).await),
        Code::VersionConflict
    );
}

async fn nobody_locks_everybody_out_or_climbs(on: Backend) {
    let f = Fixture::on(on).await;
    let members = f.engine.list::<Staff>(&f.admin, &Default::default()).unwrap().items;
    let operator = members[0].clone();
    assert!(operator.platform_operator && members.len() == 1);
    let off = StaffChange {
        active: Some(false),
        ..Default::default()
    };
    let by_operator = Actor {
        platform_operator: true,
        ..f.admin.clone()
    };
    let last = f
        .engine
        .update::<Staff>(&by_operator, None, operator.id, 1, off.clone())
        .await;
    assert_eq!(at(last), (Code::FieldInvalid, "/active".to_owned()));
    let down = StaffChange {
        role: Some(Role::Cashier),
        ..Default::default()
    };
    assert_eq!(
        code(f.engine.update::<Staff>(&by_operator, None, operator.id, 1, down).await),
        Code::FieldInvalid
    );

    staff(&f, "hq", Role::HqAdmin, &[]).await;
    let password = StaffChange {
        password: Some("taken over, ha".into()),
        ..Default::default()
    };
    assert_eq!(
        code(f.engine.update::<Staff>(&f.admin, None, operator.id, 1, password).await),
        Code::Forbidden
    );
    f.engine
        .update::<Staff>(&by_operator, None, operator.id, 1, off)
        .await
        .unwrap();
    let manager = f.actor(Role::StoreManager, &[f.store]);
    assert_eq!(
        code(
            f.engine
                .create::<Staff>(&manager, None, new_staff("x", Role::HqAdmin, &[]))
                .await
        ),
        Code::Forbidden
    );
}

async fn accounts_are_checked(on: Backend) {
    let f = Fixture::on(on).await;
    let good = new_staff("anna", Role::Cashier, &[f.store]);
    let foreign = StoreId(uuid::Uuid::nil());
    for (new, refusal) in [
        (
            NewStaff {
                user: "安娜".into(),
                ..good.clone()
            },
            (Code::FieldInvalid, "/user"),
        ),
        (
            NewStaff {
                name: String::new(),
                ..good.clone()
            },
            (Code::FieldInvalid, "/name"),
        ),
        (
            NewStaff {
                password: "short".into(),
                ..good.clone()
            },
            (Code::FieldInvalid, "/password"),
        ),
        (
            NewStaff {
                store_ids: vec![f.store, foreign],
                ..good.clone()
            },
            (Code::FieldInvalid, "/store_ids"),
        ),
        (
            NewStaff {
                user: "ADMIN".into(),
                ..good.clone()
            },
            (Code::AlreadyExists, "/user"),
        ),
    ] {
        assert_eq!(
            at(f.engine.create::<Staff>(&f.admin, None, new).await),
            (refusal.0, refusal.1.to_owned())
        );
    }
    f.engine.create::<Staff>(&f.admin, None, good).await.unwrap();
    let elsewhere = create_store(&f.engine, &f.admin, "s02").await;
    let seen = |stores: &[StoreId]| {
        f.engine
            .list::<Staff>(&f.actor(Role::StoreManager, stores), &Default::default())
            .unwrap()
    };
    assert_eq!(seen(&[f.store]).items.len(), 1);
    assert!(seen(&[elsewhere]).items.is_empty());
}

#[tokio::test]
async fn passwords_and_refresh_tokens_are_not_in_the_database() {
    let f = Fixture::new().await;
    let tokens = log_in(&f, "admin", PASSWORD).await;
    let files = f.files();
    for secret in [PASSWORD, &tokens.refresh_token, &tokens.access_token] {
        assert!(!files.windows(secret.len()).any(|w| w == secret.as_bytes()));
    }
    assert!(!format!("{tokens:?}").contains(&tokens.refresh_token));
}

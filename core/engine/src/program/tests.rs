use super::*;
use crate::actor::{Actor, Role};
use crate::fixture::*;
use crate::fixture::{Backend, both};
use crate::page::PageArgs;
use crate::plugin::embedded;
use cardea_domain::id::ProgramId;
use cardea_domain::{Code, Instant, Text};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

both!(
    a_program_pins_the_embedded_component_and_its_defaults,
    programs_are_checked,
    a_configuration_holds_from_its_date_and_never_changes,
    people_do_not_rewrite_the_past,
    every_wrong_setting_is_named,
    a_second_start_finds_programs_and_their_component,
);

fn new_program(code: &str) -> NewProgram {
    NewProgram {
        code: code.into(),
        name: Text::new("贵宾卡", "VIP card"),
        plugin: "retail".into(),
    }
}

async fn program(f: &Fixture) -> ProgramId {
    f.engine
        .create_program(&f.admin, None, new_program("vip"))
        .await
        .unwrap()
        .value
        .id
}

/// The newest configuration as a new one, with a change.
fn configuration(f: &Fixture, program: ProgramId, change: impl FnOnce(&mut Value)) -> NewConfiguration {
    let last = f
        .engine
        .configurations(&f.admin, program, &PageArgs::default())
        .unwrap()
        .items
        .remove(0);
    let mut body = json!({"plugin_config": last.plugin_config, "ladder": last.ladder, "points": last.points});
    change(&mut body);
    serde_json::from_value(body).unwrap()
}

async fn a_program_pins_the_embedded_component_and_its_defaults(on: Backend) {
    let f = Fixture::on(on).await;
    let written = f
        .engine
        .create_program(&f.admin, key("k", 1), new_program("VIP"))
        .await
        .unwrap();
    let (_, bytes) = embedded()[0];
    let digest: ComponentDigest = Sha256::digest(bytes).into();
    let view = f.engine.program(&f.admin, written.value.id).unwrap();
    assert_eq!((view.code.as_str(), view.plugin.id.as_str()), ("vip", "retail"));
    assert_eq!(view.plugin.digest, hex::encode(digest));
    assert_eq!(
        (view.configuration.version, view.configuration.effective_from),
        (1, Instant(0))
    );
    assert!(
        view.schema.as_ref().unwrap().get("properties").is_some(),
        "the form is drawn from it"
    );
    assert_eq!(view, written.value);
    let listed = f.engine.programs(&f.admin, &PageArgs::default()).unwrap().items;
    assert_eq!((listed.len(), listed[0].id, &listed[0].schema), (1, view.id, &None));

    let now = f.engine.configuration_at(f.chain, view.id, NOW).unwrap();
    let plugin = f.engine.plugin_of(&now, Wait::ForIt).unwrap().unwrap();
    assert_eq!((now.number, now.digest, plugin.id()), (1, digest, "retail"));
    assert!(now.ladder.validate().is_empty() && now.terms.validate().is_empty());
    assert_eq!(now.ladder.steps[0].threshold, 0);
    let past = f.engine.configuration_at(f.chain, view.id, Instant(-1)).unwrap();
    assert_eq!(past.id, now.id, "sales of before are judged by the first");
}

async fn programs_are_checked(on: Backend) {
    let f = Fixture::on(on).await;
    let id = program(&f).await;
    for (new, refusal) in [
        (new_program("VIP"), (Code::AlreadyExists, "/code")),
        (
            NewProgram {
                plugin: "casino".into(),
                ..new_program("x")
            },
            (Code::FieldInvalid, "/plugin"),
        ),
        (
            NewProgram {
                name: Text::new("卡", " "),
                ..new_program("x")
            },
            (Code::FieldInvalid, "/name/en"),
        ),
    ] {
        let refused = at(f.engine.create_program(&f.admin, None, new.clone()).await);
        assert_eq!(refused, (refusal.0, refusal.1.to_owned()), "{new:?}");
    }
    let manager = f.actor(Role::StoreManager, &[f.store]);
    assert_eq!(
        code(f.engine.create_program(&manager, None, new_program("x")).await),
        Code::Forbidden
    );
    let change = configuration(&f, id, |_| ());
    assert_eq!(
        code(f.engine.create_configuration(&manager, None, id, change).await),
        Code::Forbidden
    );
    let stranger = Actor::system(create_chain(&f.engine, "other").await);
    assert_eq!(code(f.engine.program(&stranger, id)), Code::NotFound);
    assert_eq!(
        code(f.engine.configurations(&stranger, id, &PageArgs::default())),
        Code::NotFound
    );
    let change = configuration(&f, id, |_| ());
    assert_eq!(
        code(f.engine.create_configuration(&stranger, None, id, change).await),
        Code::NotFound
    );
}

async fn a_configuration_holds_from_its_date_and_never_changes(on: Backend) {
    let f = Fixture::on(on).await;
    let id = program(&f).await;
    let hour = |n: i64| Instant(NOW.0 + n * 3_600_000);
    let current = |at| f.engine.configuration_at(f.chain, id, at).unwrap().number;
    assert_eq!(current(NOW), 1, "remembered before the change");

    let mut later = configuration(&f, id, |body| body["points"]["maturing_days"] = json!(7));
    later.effective_from = Some(hour(2));
    let second = f
        .engine
        .create_configuration(&f.admin, None, id, later)
        .await
        .unwrap()
        .value;
    assert_eq!(
        (second.version, second.points.maturing_days, second.created_by),
        (2, 7, None)
    );
    assert_eq!((current(NOW), current(hour(2)), current(hour(9))), (1, 2, 2));

    let now = configuration(&f, id, |body| body["points"]["maturing_days"] = json!(3));
    let third = f
        .engine
        .create_configuration(&f.admin, None, id, now)
        .await
        .unwrap()
        .value;
    assert_eq!(third.effective_from, NOW);
    assert_eq!(
        (current(hour(-1)), current(NOW), current(hour(2))),
        (1, 3, 2),
        "the one that began last"
    );

    let all = f
        .engine
        .configurations(
            &f.admin,
            id,
            &PageArgs {
                limit: Some(2),
                after: None,
            },
        )
        .unwrap();
    assert_eq!(all.items.iter().map(|c| c.version).collect::<Vec<_>>(), [3, 2]);
    let rest = f
        .engine
        .configurations(
            &f.admin,
            id,
            &PageArgs {
                limit: Some(2),
                after: all.next,
            },
        )
        .unwrap();
    assert_eq!(
        (
            rest.items.len(),
            rest.items[0].version,
            rest.items[0].points.maturing_days
        ),
        (1, 1, 0)
    );
    assert_eq!(f.engine.program(&f.admin, id).unwrap().configuration.version, 3);
}

async fn people_do_not_rewrite_the_past(on: Backend) {
    let f = Fixture::on(on).await;
    let id = program(&f).await;
    let member = f
        .engine
        .list::<crate::identity::Staff>(&f.admin, &Default::default())
        .unwrap()
        .items
        .remove(0);
    let person = Actor {
        staff: Some(member.id),
        ..f.admin.clone()
    };
    let past = |mut new: NewConfiguration| {
        new.effective_from = Some(Instant(NOW.0 - 1));
        new
    };
    let refused = f
        .engine
        .create_configuration(&person, None, id, past(configuration(&f, id, |_| ())))
        .await;
    assert_eq!(at(refused), (Code::FieldInvalid, "/effective_from".to_owned()));
    let system = f
        .engine
        .create_configuration(&f.admin, None, id, past(configuration(&f, id, |_| ())))
        .await;
    assert_eq!(system.unwrap().value.version, 2, "import and demo do");
    let view = f
        .engine
        .create_configuration(&person, None, id, configuration(&f, id, |_| ()))
        .await
        .unwrap()
        .value;
    assert_eq!(view.created_by, Some(member.id));
}

async fn every_wrong_setting_is_named(on: Backend) {
    let f = Fixture::on(on).await;
    let id = program(&f).await;
    let new = configuration(&f, id, |body| {
        body["plugin_config"]["no_such_setting"] = json!(1);
        body["ladder"]["steps"][0]["threshold"] = json!(5);
        body["points"]["maturing_days"] = json!(91);
    });
    let refusal = f
        .engine
        .create_configuration(&f.admin, None, id, new)
        .await
        .unwrap_err();
    assert_eq!(refusal.code, Code::ConfigurationInvalid);
    let pointers: Vec<_> = refusal.facts.errors.iter().map(|e| e.pointer.as_str()).collect();
    assert_eq!(
        pointers,
        ["/plugin_config", "/ladder/steps/0/threshold", "/points/maturing_days"]
    );
    assert_eq!(refusal.pointer.as_deref(), Some("/plugin_config"));
    assert_eq!(
        f.engine
            .configurations(&f.admin, id, &PageArgs::default())
            .unwrap()
            .items
            .len(),
        1
    );

    let schema = f.engine.program(&f.admin, id).unwrap().schema.unwrap();
    let first = schema["properties"].as_object().unwrap().keys().next().unwrap().clone();
    let new = configuration(&f, id, |body| body["plugin_config"][&first] = json!("nonsense"));
    let refusal = f
        .engine
        .create_configuration(&f.admin, None, id, new)
        .await
        .unwrap_err();
    assert_eq!(refusal.pointer, Some(format!("/plugin_config/{first}")));
}

async fn a_second_start_finds_programs_and_their_component(on: Backend) {
    let f = Fixture::on(on).await;
    let id = program(&f).await;
    let (chain, options) = (f.chain, f.options());
    drop(f.engine);
    let engine = crate::Engine::start(options).unwrap();
    let configuration = engine.configuration_at(chain, id, NOW).unwrap();
    let plugin = engine.plugin_of(&configuration, Wait::Briefly).unwrap().unwrap();
    assert_eq!((configuration.number, plugin.id()), (1, "retail"));
}

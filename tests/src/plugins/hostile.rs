//! Guests that mean harm: each is stopped with its own code, and the host goes on.

use super::guest::{EMPTY_OUTCOME, Guest, writes};
use super::{host, trial};
use cardea_engine::plugin::{Failure, Limits, Plugin, PluginError, PluginHost, Settings, admission, earning};
use libtest_mimic::Trial;
use std::sync::Arc;
use std::time::Duration;

pub fn tests() -> Vec<Trial> {
    vec![
        trial("plugin_a_quiet_guest_is_heard", a_quiet_guest_is_heard),
        trial("plugin_an_infinite_loop_runs_out_of_fuel", an_infinite_loop),
        trial(
            "plugin_a_slow_guest_meets_its_deadline_after_a_second_try",
            a_slow_guest,
        ),
        trial("plugin_growing_memory_is_stopped", growing_memory),
        trial("plugin_a_memory_too_large_from_the_start_is_refused", a_large_memory),
        trial("plugin_a_trap_is_a_named_error", a_trap),
        trial("plugin_endless_recursion_is_a_trap", endless_recursion),
        trial("plugin_huge_output_is_stopped", huge_output),
        trial("plugin_output_that_lies_is_refused", output_that_lies),
        trial("plugin_output_outside_its_memory_is_refused", output_outside_memory),
        trial("plugin_endless_logging_is_stopped", endless_logging),
        trial("plugin_an_unexpected_import_is_refused", an_unexpected_import),
        trial("plugin_a_start_function_that_traps_is_refused", a_trapping_start),
        trial("plugin_a_start_function_that_loops_is_refused", a_looping_start),
        trial("plugin_what_is_no_component_is_refused", no_component),
        trial("plugin_a_bad_description_is_refused", a_bad_description),
        trial("plugin_without_admission_says_so", without_admission),
        trial("plugin_nothing_is_left_from_one_call_to_the_next", nothing_is_left),
        trial("plugin_the_host_survives_all_of_it", the_host_survives),
    ]
}

const LOOP: &str = "(loop $again br $again) i32.const 0";

pub fn sale() -> earning::Sale {
    let line = earning::Line {
        number: 1,
        sku: "A".to_owned(),
        category: "c".to_owned(),
        quantity: 1000,
        counted: 100,
        attributes: Vec::new(),
    };
    earning::Sale {
        config: "{}".to_owned(),
        minor_digits: 2,
        today: 20_513,
        birthday_month: false,
        tier: "vip".to_owned(),
        tier_multiplier: 1_000_000,
        first_purchase: false,
        introduced: false,
        lines: vec![line],
    }
}

fn load(guest: &Guest) -> Arc<Plugin> {
    host().load(&guest.build()).expect("it loads")
}

fn judged(guest: &Guest) -> PluginError {
    let plugin = load(guest);
    let error = plugin.judge(&sale()).expect_err("stopped");
    assert_eq!(
        (error.plugin.as_str(), error.digest.as_str()),
        (plugin.id(), plugin.digest())
    );
    assert!(error.call > 0, "the call has a number");
    let counts = plugin.counts();
    assert_eq!(
        (counts.calls, counts.failures),
        (1, vec![(error.code(), 1)]),
        "it is counted"
    );
    error
}

fn refused(bytes: &[u8]) -> String {
    let error = host()
        .load(bytes)
        .map(|plugin| plugin.id().to_owned())
        .expect_err("refused");
    assert_eq!(
        (error.failure, error.code()),
        (Failure::RefusedLoad, "plugin_refused_load")
    );
    error.message
}

fn a_quiet_guest_is_heard() {
    let plugin = load(&Guest::new());
    let nothing = earning::Outcome {
        reasons: Vec::new(),
        contributions: Vec::new(),
        bonuses: Vec::new(),
    };
    assert_eq!(plugin.judge(&sale()).expect("an outcome"), nothing);
    assert_eq!((plugin.id(), plugin.description().version.as_str()), ("guest", "1.0.0"));
}

fn an_infinite_loop() {
    let error = judged(&Guest::new().judge(LOOP).id("loops"));
    assert_eq!((error.failure, error.code()), (Failure::Fuel, "plugin_fuel"), "{error}");
}

fn a_slow_guest() {
    let limits = Limits {
        fuel: u64::MAX,
        deadline: Duration::from_millis(20),
        ..Limits::default()
    };
    let host = PluginHost::new(&Settings {
        limits,
        ..Settings::default()
    })
    .expect("a host");
    let plugin = host.load(&Guest::new().judge(LOOP).build()).expect("it loads");
    let error = plugin.judge(&sale()).expect_err("stopped");
    assert_eq!(
        (error.failure, error.code()),
        (Failure::Deadline, "plugin_deadline"),
        "{error}"
    );
    let counts = plugin.counts();
    assert_eq!(
        (counts.calls, counts.retried, counts.failures),
        (1, 1, vec![("plugin_deadline", 1)])
    );
    assert!(
        counts.microseconds >= 40_000,
        "two attempts of 20 ms each: {} µs",
        counts.microseconds
    );
}

fn growing_memory() {
    let grow = "(loop $again (drop (memory.grow (i32.const 16))) br $again) i32.const 0";
    let error = judged(&Guest::new().judge(grow).id("grows"));
    assert_eq!(
        (error.failure, error.code()),
        (Failure::Memory, "plugin_memory"),
        "{error}"
    );
}

fn a_large_memory() {
    let message = refused(&Guest::new().memory("257").build());
    assert!(message.contains("memory"), "{message}");
}

fn a_trap() {
    let error = judged(&Guest::new().judge("unreachable").id("traps"));
    assert_eq!((error.failure, error.code()), (Failure::Trap, "plugin_trap"), "{error}");
    assert!(error.message.contains("unreachable"), "{error}");
    assert!(error.to_string().contains("earning.judge"), "{error}");
}

fn endless_recursion() {
    let guest = Guest::new().fields("(func $deep (result i32) (i32.add (call $deep) (i32.const 1)))");
    let error = judged(&guest.judge("call $deep").id("recurses"));
    assert_eq!(error.failure, Failure::Trap, "{error}");
    assert!(error.message.contains("stack"), "{error}");
}

fn huge_output() {
    // 20 000 contributions of 24 bytes: more than 256 KiB.
    let error = judged(
        &Guest::new()
            .memory("16")
            .judge(writes(&[(12, 8192), (16, 20_000)]))
            .id("floods"),
    );
    assert_eq!(
        (error.failure, error.code()),
        (Failure::Output, "plugin_output"),
        "{error}"
    );
}

fn output_that_lies() {
    // One contribution, all zeros: there is no line 0 and no reason 0.
    let error = judged(&Guest::new().judge(writes(&[(12, 16_384), (16, 1)])).id("lies"));
    assert_eq!(
        (error.failure, error.message.as_str()),
        (Failure::Output, "there is no reason 0"),
        "{error}"
    );
}

fn output_outside_memory() {
    let error = judged(&Guest::new().judge(writes(&[(12, 65_528), (16, 100)])).id("reaches-out"));
    assert_eq!(error.failure, Failure::Output, "{error}");
    let error = judged(&Guest::new().judge(writes(&[(0, 77)])).id("third-case"));
    assert_eq!(error.failure, Failure::Output, "{error}");
}

fn endless_logging() {
    let body = "(loop $again (call $log (i32.const 0) (i32.const 16) (i32.const 1000)) br $again) i32.const 0";
    let error = judged(&Guest::new().judge(body).id("babbles"));
    assert!(matches!(error.failure, Failure::Fuel | Failure::Deadline), "{error}");
}

fn an_unexpected_import() {
    let world = "package cardea:guest;
        interface clock { now: func() -> u64; }
        world guest {
            import clock;
            export cardea:industry/describe@0.1.0;
            export cardea:industry/earning@0.1.0;
        }";
    let guest = Guest::new().world(world, r#"(import "cardea:guest/clock" "now" (func $now (result i64)))"#);
    let message = refused(&guest.build());
    assert!(
        message.contains("cardea:guest/clock") && message.contains("logging"),
        "{message}"
    );
}

fn a_trapping_start() {
    let guest = Guest::new().fields("(func $begin unreachable) (start $begin)");
    let message = refused(&guest.build());
    assert!(
        message.contains("trial run") && message.contains("plugin_trap"),
        "{message}"
    );
}

fn a_looping_start() {
    let guest = Guest::new().fields("(func $begin (loop $again br $again)) (start $begin)");
    let message = refused(&guest.build());
    assert!(message.contains("plugin_fuel"), "{message}");
}

fn no_component() {
    assert_eq!(refused(b"MZ"), "not a WebAssembly component");
    assert!(refused(&Guest::new().module()).contains("core module"));
    assert!(refused(&vec![0; (2 << 20) + 1]).contains("at most 2097152"));
    let mut cut = Guest::new().build();
    cut.truncate(cut.len() / 2);
    assert!(refused(&cut).contains("it is damaged"));
    let world = "package cardea:guest; world guest { export cardea:industry/describe@0.1.0; }";
    let message = refused(&Guest::new().world(world, "").build());
    assert!(message.contains("cardea:industry/earning"), "{message}");
}

fn a_bad_description() {
    assert!(refused(&Guest::new().id("Guest 1").build()).contains("lower-case id"));
    assert!(refused(&Guest::new().id("").build()).contains("lower-case id"));
    assert!(refused(&Guest::new().default_config("{").build()).contains("default configuration"));
}

fn without_admission() {
    let plugin = load(&Guest::new().id("earns-only"));
    let request = admission::Request {
        config: "{}".to_owned(),
        minor_digits: 2,
        today: 0,
        filled: Vec::new(),
        purchases: Vec::new(),
    };
    let error = plugin.admission_decide(&request).expect_err("it has none");
    assert_eq!(
        (error.failure, error.code()),
        (Failure::MissingInterface, "plugin_missing_interface")
    );
    assert!(
        !plugin.has(cardea_engine::plugin::Function::AdmissionDecide),
        "it says so beforehand"
    );
}

fn nothing_is_left() {
    // Traps when it is called for the second time: it never is, in the same memory.
    let body = format!(
        "(if (i32.load (i32.const 9000)) (then unreachable))
         (i32.store (i32.const 9000) (i32.const 1))
         i32.const {EMPTY_OUTCOME}"
    );
    let plugin = load(&Guest::new().judge(body).id("remembers"));
    for _ in 0..200 {
        plugin.judge(&sale()).expect("a fresh instance");
    }
}

fn the_host_survives() {
    let quiet = load(&Guest::new().id("patient"));
    let bodies = [
        LOOP,
        "unreachable",
        "(loop $again (drop (memory.grow (i32.const 16))) br $again) i32.const 0",
    ];
    let hostile = bodies.map(|body| load(&Guest::new().judge(body).id("hostile")));
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let (quiet, hostile) = (&quiet, &hostile);
            scope.spawn(move || {
                for round in 0..6 {
                    assert!(hostile[(thread + round) % 3].judge(&sale()).is_err());
                    assert!(quiet.judge(&sale()).is_ok());
                }
            });
        }
    });
    assert_eq!(quiet.counts().failures, []);
}

//! Components that are small and would keep a compiler busy: most are refused by a look at their outline, the others are
//! stopped in the process that compiles them.

use super::guest::Guest;
use super::trial;
use crate::harness::process;
use cardea_engine::plugin::{Compiler, CompilerLimits, Failure, PluginHost, Settings};
use libtest_mimic::Trial;
use std::time::Duration;

pub fn tests() -> Vec<Trial> {
    vec![
        trial(
            "plugin_what_is_too_much_for_a_compiler_is_refused_unseen",
            refused_unseen,
        ),
        trial("plugin_a_child_process_compiles", a_child_compiles),
        trial("plugin_compiling_ends_with_its_processor_time", processor_time),
        trial("plugin_compiling_ends_with_its_time", time),
        trial("plugin_compiling_ends_with_its_memory", memory),
        trial("plugin_without_a_compiler_it_is_refused", without_a_compiler),
    ]
}

/// Passes every look at its outline: in each of its functions hundreds of loops pass many locals on to each other.
pub fn slow() -> Guest {
    let steps: String = (0..300)
        .map(|n| {
            let [to, one, other] = [n % 200, (n * 7 + 1) % 200, (n * 13 + 2) % 200];
            format!(
                "(loop (local.set {to} (i32.add (local.get {one}) (local.get {other}))) (br_if 0 (local.get {to})))"
            )
        })
        .collect();
    let function = format!("(func (local{}) {steps})", " i32".repeat(200));
    Guest::new().id("slow").fields(function.repeat(100))
}

fn host(limits: CompilerLimits) -> PluginHost {
    let compiler = Compiler {
        limits,
        ..process::compiler()
    };
    PluginHost::new(&Settings {
        limits: super::unhurried(),
        compiler: Some(compiler),
        ..Settings::default()
    })
    .expect("a host")
}

fn refused(host: &PluginHost, guest: &Guest) -> String {
    let loaded = host.load(&guest.build()).map(|plugin| plugin.id().to_owned());
    let error = loaded.expect_err("refused");
    assert_eq!(error.failure, Failure::RefusedLoad, "{error}");
    error.message
}

fn refused_unseen() {
    let never = Compiler::new("/nothing/is/compiled".into());
    let settings = Settings {
        compiler: Some(never),
        ..Settings::default()
    };
    let host = PluginHost::new(&settings).expect("a host");
    let bomb = |fields: String| refused(&host, &Guest::new().fields(fields));
    assert_eq!(bomb("(func)".repeat(20_001)), "more than 20000 functions");
    let locals = format!("(func (local{}))", " i32".repeat(2_001));
    assert_eq!(bomb(locals), "more than 2000 locals in one function");
    let nested = format!("(func {}{})", "(block ".repeat(1_001), ")".repeat(1_001));
    assert_eq!(bomb(nested), "more than 1000 blocks inside each other");
    let loops = format!("(func (local{}) {})", " i32".repeat(2_000), "(loop)".repeat(6_000));
    assert_eq!(
        bomb(loops.repeat(5)),
        "more than 50000000 blocks times locals, in all functions"
    );
    let large = format!("(func {})", "nop ".repeat(270_000));
    assert!(bomb(large).contains("at most 262144"));
}

fn a_child_compiles() {
    let host = host(CompilerLimits::default());
    let plugin = host.load(&Guest::new().build()).expect("it loads");
    assert!(plugin.judge(&super::hostile::sale()).is_ok());
    // What a compiler says is wrong comes through.
    let mut damaged = Guest::new().judge("i32.const 123456").build();
    let at = damaged
        .windows(5)
        .position(|w| w == [0x41, 0xc0, 0xc4, 0x07, 0x0b])
        .expect("the constant");
    damaged[at] = 0x42;
    let error = host
        .load(&damaged)
        .map(|plugin| plugin.id().to_owned())
        .expect_err("refused");
    assert!(error.message.contains("type mismatch"), "{error}");
}

fn processor_time() {
    let limits = CompilerLimits {
        cpu_seconds: 1,
        wall: Duration::from_secs(300),
        ..CompilerLimits::default()
    };
    let message = refused(&host(limits), &slow());
    assert_eq!(message, "compiling it takes more than 1 s of processor time");
}

fn time() {
    let limits = CompilerLimits {
        wall: Duration::from_millis(20),
        ..CompilerLimits::default()
    };
    assert_eq!(refused(&host(limits), &slow()), "compiling it takes more than 0.02 s");
}

fn memory() {
    let limits = CompilerLimits {
        memory_bytes: 1 << 20,
        ..CompilerLimits::default()
    };
    let message = refused(&host(limits), &slow());
    assert!(message.contains("memory"), "{message}");
}

fn without_a_compiler() {
    let settings = Settings {
        compiler: Some(Compiler::new("/nothing/is/here".into())),
        ..Settings::default()
    };
    let host = PluginHost::new(&settings).expect("a host");
    let message = refused(&host, &Guest::new());
    assert!(message.contains("can't be started"), "{message}");
    let (_, retail) = cardea_engine::plugin::embedded()[0];
    assert!(host.load(retail).is_ok(), "what is first-party needs none");
}

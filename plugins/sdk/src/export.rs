//! From [`Rules`](crate::Rules) to the exports of a component, and the log.

use crate::{Rules, admission, describe, earning, expiry, guard, redeeming, renewal, replacement, topping_up};
use std::marker::PhantomData;

/// How urgent a line of the log is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    Info,
    Warn,
    Error,
}

/// A line for the operator's log; cut off at the host's limit. Natively it does nothing.
pub fn log(level: Level, message: &str) {
    #[cfg(target_arch = "wasm32")]
    {
        use crate::__bindings::cardea::industry::logging;
        let level = match level {
            Level::Info => logging::Level::Info,
            Level::Warn => logging::Level::Warn,
            Level::Error => logging::Level::Error,
        };
        logging::log(level, message);
    }
    #[cfg(not(target_arch = "wasm32"))]
    let _ = (level, message);
}

/// Panics abort in a component and would lose their message.
fn enter() {
    #[cfg(target_arch = "wasm32")]
    {
        static HOOK: std::sync::Once = std::sync::Once::new();
        HOOK.call_once(|| std::panic::set_hook(Box::new(|info| log(Level::Error, &info.to_string()))));
    }
}

/// The component of some rules; only [`export!`](crate::export) names it.
#[doc(hidden)]
pub struct Component<R>(PhantomData<R>);

impl<R: Rules> describe::Guest for Component<R> {
    fn describe() -> describe::Description {
        enter();
        R::describe()
    }
}

impl<R: Rules> admission::Guest for Component<R> {
    fn history(config: String) -> Result<admission::Window, String> {
        enter();
        R::admission_history(&config)
    }

    fn decide(request: admission::Request) -> Result<admission::Decision, String> {
        enter();
        R::admission_decide(&request)
    }
}

impl<R: Rules> earning::Guest for Component<R> {
    fn judge(sale: earning::Sale) -> Result<earning::Outcome, String> {
        enter();
        R::judge(&sale)
    }
}

impl<R: Rules> redeeming::Guest for Component<R> {
    fn decide(request: redeeming::Request) -> Result<redeeming::Decision, String> {
        enter();
        R::redeem(&request)
    }
}

impl<R: Rules> renewal::Guest for Component<R> {
    fn history(config: String) -> Result<renewal::Window, String> {
        enter();
        R::renewal_history(&config)
    }

    fn decide(request: renewal::Request) -> Result<renewal::Decision, String> {
        enter();
        R::renew(&request)
    }
}

macro_rules! decides {
    ($($interface:ident => $rule:ident),* $(,)?) => {$(
        impl<R: Rules> $interface::Guest for Component<R> {
            fn decide(request: $interface::Request) -> Result<$interface::Decision, String> {
                enter();
                R::$rule(&request)
            }
        }
    )*};
}

decides!(topping_up => top_up, expiry => expire, replacement => replace, guard => guard);

/// Exports some [`Rules`](crate::Rules) as the component of this crate; behind a colon, the optional interfaces that they
/// decide: `export!(Spa: topping_up, renewal, expiry, replacement, guard)`, any of them. Natively it expands to nothing: a
/// native library with these exports wouldn't link.
#[macro_export]
macro_rules! export {
    ($rules:ty $(: $($interface:ident),+ $(,)?)?) => {
        #[cfg(target_arch = "wasm32")]
        #[expect(
            unsafe_code,
            reason = "the canonical ABI of the component model passes pointers"
        )]
        const _: () = {
            type Exported = $crate::__Component<$rules>;
            $crate::__bindings::export!(Exported with_types_in $crate::__bindings);
            $($($crate::__bindings::$interface::export!(Exported with_types_in $crate::__bindings::$interface);)+)?
        };
    };
}

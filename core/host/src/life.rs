//! The calls of a card's later life: topping up, renewal, the end of things, replacement, and what is demanded before.

use super::api::{Function, expiry, guard, renewal, replacement, topping_up};
use super::error::PluginError;
use super::loaded::Plugin;
use super::output::life;

/// One call of an optional interface: its export, the function of it, and how its answer is checked.
macro_rules! decide {
    ($plugin:ident, $function:ident, $interface:ident, $request:ident, $check:path) => {{
        let call = $plugin.begin(Function::$function);
        let interface = $plugin.optional(&call, &$plugin.guest.$interface)?;
        let decision = $plugin.run(&call, |store, instance| {
            interface.load(&mut *store, instance)?.call_decide(store, $request)
        })?;
        let checked = $check($request, &decision, $plugin.guest.limits.string_bytes);
        $plugin.accept(&call, checked, decision)
    }};
}

impl Plugin {
    /// May this top-up be made, and which bonus does it bring?
    ///
    /// # Errors
    /// Of every call here: `plugin_missing_interface` where the plugin doesn't export it, and what stops a plugin.
    pub fn top_up(&self, request: &topping_up::Request) -> Result<topping_up::Decision, PluginError> {
        decide!(self, ToppingUpDecide, topping_up, request, life::topping_up)
    }

    /// Over which months figures are counted before a renewal is asked for.
    ///
    /// # Errors
    /// As [`Plugin::top_up`].
    pub fn renewal_history(&self, config: &str) -> Result<renewal::Window, PluginError> {
        let call = self.begin(Function::RenewalHistory);
        let renewal = self.optional(&call, &self.guest.renewal)?;
        let window = self.run(&call, |store, instance| {
            renewal.load(&mut *store, instance)?.call_history(store, config)
        })?;
        self.accept(&call, life::window(&window), window)
    }

    /// May this membership be renewed, and through which day?
    ///
    /// # Errors
    /// As [`Plugin::top_up`].
    pub fn renew(&self, request: &renewal::Request) -> Result<renewal::Decision, PluginError> {
        decide!(self, RenewalDecide, renewal, request, life::renewal)
    }

    /// What happens to a lot or a membership at its end?
    ///
    /// # Errors
    /// As [`Plugin::top_up`].
    pub fn expire(&self, request: &expiry::Request) -> Result<expiry::Decision, PluginError> {
        decide!(self, ExpiryDecide, expiry, request, life::expiry)
    }

    /// What does a new card cost in the place of a lost or damaged one, and what must be shown?
    ///
    /// # Errors
    /// As [`Plugin::top_up`].
    pub fn replace(&self, request: &replacement::Request) -> Result<replacement::Decision, PluginError> {
        decide!(self, ReplacementDecide, replacement, request, life::replacement)
    }

    /// What must be shown or given before an operation?
    ///
    /// # Errors
    /// As [`Plugin::top_up`].
    pub fn guard(&self, request: &guard::Request) -> Result<guard::Decision, PluginError> {
        decide!(self, GuardDecide, guard, request, life::guard)
    }
}

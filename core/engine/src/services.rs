//! What the engine holds beside the database: keys, sessions, plugins, parsed configurations.

use crate::Engine;
use crate::blobs::Blobs;
use crate::campaign::Campaigns;
use crate::engine::EngineOptions;
use crate::error::Result;
use crate::identity::Identity;
use crate::keys::Keys;
use crate::message::Network;
use crate::plugin::{PluginHost, Settings};
use crate::printing::Printer;
use crate::program::{Components, Configurations};
use crate::store::{Database, Scope, installed};
use crate::webhook::Receivers;
use std::sync::Arc;

pub(crate) struct Services {
    keys: Keys,
    identity: Identity,
    plugins: PluginHost,
    configurations: Configurations,
    campaigns: Campaigns,
    components: Arc<Components>,
    blobs: Blobs,
    network: Network,
    pub printer: Printer,
    receivers: Receivers,
}

impl Services {
    /// Opens the keys, which must be this database's, and starts the plugin host.
    ///
    /// # Errors
    /// Keys that are missing, foreign or readable by others; a host that can't start.
    pub fn start(options: &EngineOptions, database: &Database) -> Result<Self> {
        let installation = database.read(Scope::Installation, installed)?;
        let folder = options
            .keys_dir
            .clone()
            .unwrap_or_else(|| options.data_dir.join("keys"));
        let keys = Keys::open(&folder, installation.is_none())?;
        if let Some(id) = installation {
            keys.check_installation(id)?;
        }
        let settings = Settings {
            cache: Some(options.data_dir.join("compiled")),
            ..options.plugins.clone()
        };
        Ok(Self {
            keys,
            identity: Identity::new()?,
            plugins: PluginHost::new(&settings)?,
            configurations: Configurations::new(),
            campaigns: Campaigns::new(),
            components: Arc::default(),
            blobs: Blobs::open(&options.data_dir)?,
            network: Network::new(&options.network)?,
            printer: Printer::new(options.press.clone()),
            receivers: Receivers::default(),
        })
    }
}

impl Services {
    pub fn plugins(&self) -> &PluginHost {
        &self.plugins
    }
}

impl Engine {
    /// The installation's secrets.
    pub fn keys(&self) -> &Keys {
        &self.services().keys
    }

    /// The sandbox of the industries' rules.
    pub fn plugins(&self) -> &PluginHost {
        &self.services().plugins
    }

    pub(crate) fn identity(&self) -> &Identity {
        &self.services().identity
    }

    pub(crate) fn configurations_cache(&self) -> &Configurations {
        &self.services().configurations
    }

    pub(crate) fn campaigns_cache(&self) -> &Campaigns {
        &self.services().campaigns
    }

    /// Contents of files.
    pub(crate) fn blobs(&self) -> &Blobs {
        &self.services().blobs
    }

    /// Where messages go.
    pub(crate) fn network(&self) -> &Network {
        &self.services().network
    }

    /// What is known of the servers that get events.
    pub(crate) fn receivers(&self) -> &Receivers {
        &self.services().receivers
    }

    pub(crate) fn components(&self) -> &Arc<Components> {
        &self.services().components
    }
}

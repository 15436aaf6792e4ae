//! A running server: engine, request threads and nightly jobs, in this process. Tests and benchmarks start it too.

use crate::http::{envelope, no_such_route};
use crate::jobs::Jobs;
use crate::metrics::Metrics;
use crate::press::Typesetter;
use crate::sender::Sender;
use crate::settings::Settings;
use crate::state::{Demonstration, LastLook, State};
use crate::{api, http, openapi};
use actix_web::dev::ServerHandle;
use actix_web::middleware::from_fn;
use actix_web::{App, HttpServer, web};
use anyhow::Context;
use cardea_engine::bootstrap::{Installation, NewChain};
use cardea_engine::plugin::Compiler;
use cardea_engine::{Engine, EngineOptions, NetworkOptions};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc;
use std::thread::JoinHandle;
use utoipa_actix_web::AppExt;

/// A server that serves until it is stopped or dropped.
pub struct RunningServer {
    /// Where it listens; the real port also where the settings said 0.
    pub addr: SocketAddr,
    pub engine: Engine,
    handle: ServerHandle,
    thread: Option<JoinHandle<std::io::Result<()>>>,
    jobs: Jobs,
    sender: Sender,
}

/// What the first run must show its operator, once.
pub struct FirstLogin {
    pub chain: String,
    pub user: String,
    pub password: String,
}

impl RunningServer {
    /// `http://` and the address.
    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// Finishes what is in flight, then stops.
    ///
    /// # Errors
    /// A failure of the server's thread.
    pub fn stop(mut self) -> anyhow::Result<()> {
        self.finish()
    }

    fn finish(&mut self) -> anyhow::Result<()> {
        let Some(thread) = self.thread.take() else {
            return Ok(());
        };
        // The command is sent by the call; its future only waits, and joining the thread does that here.
        drop(self.handle.stop(true));
        let served = thread.join();
        // After the last request: the jobs' thread ends with a seal over the audit log.
        self.sender.stop();
        self.jobs.stop();
        served.map_err(|_| anyhow::anyhow!("the server's thread panicked"))??;
        Ok(())
    }
}

impl Drop for RunningServer {
    fn drop(&mut self) {
        if let Err(error) = self.finish() {
            tracing::error!("stopping the server: {error:#}");
        }
    }
}

/// Opens the data folder and the database, and migrates.
///
/// # Errors
/// A data folder or database that can't be used.
pub fn open(settings: &Settings) -> anyhow::Result<Engine> {
    let mut folder = std::fs::DirBuilder::new();
    folder.recursive(true);
    // Keys lie in it: nobody else may look.
    std::os::unix::fs::DirBuilderExt::mode(&mut folder, 0o700);
    let named = || {
        format!(
            "data folder {} (settings `data` and `database`)",
            settings.data.display()
        )
    };
    folder.create(&settings.data).with_context(named)?;
    let mut options = EngineOptions::new(&settings.data);
    options.database = settings.database.clone().unwrap_or_default();
    options.keys_dir = settings.keys.clone();
    let program = std::env::current_exe().context("the path of this program")?;
    options.network = network(settings)?;
    options.press = Some(Arc::new(Typesetter));
    options.plugins.compiler = Some(Compiler::new(program));
    // The engine's errors print their causes themselves.
    let failed = |error| anyhow::anyhow!("{}: {error}", named());
    let engine = Engine::start(options).map_err(failed)?;
    let erased = engine.erase_again().map_err(failed)?;
    if erased > 0 {
        // Of an older backup; the operator who restored it sees it too.
        println!("{erased} customers who had been erased since the backup were erased again");
    }
    Ok(engine)
}

/// Where messages may go.
fn network(settings: &Settings) -> anyhow::Result<NetworkOptions> {
    let read = |path: &std::path::PathBuf| {
        std::fs::read(path).with_context(|| format!("{} (setting `message_ca`)", path.display()))
    };
    Ok(NetworkOptions {
        networks: settings.message_networks.clone(),
        extra_ca: settings.message_ca.as_ref().map(read).transpose()?,
        public_url: settings.public_url.clone(),
        lease: Some(settings.message_lease),
    })
}

/// Says so if whoever copies the data folder has the keys as well.
pub fn warn_of_keys_inside(settings: &Settings) {
    let folder = settings.keys.clone().unwrap_or_else(|| settings.data.join("keys"));
    let (keys, data) = (folder.canonicalize(), settings.data.canonicalize());
    if keys.is_ok_and(|keys| data.is_ok_and(|data| keys.starts_with(data))) {
        let folder = folder.display();
        tracing::warn!(
            "the keys lie inside the data folder ({folder}): whoever gets a copy of it can read contact data. Move them \
             elsewhere and name the new folder: --keys, CARDEA_KEYS or `keys` in cardea.toml"
        );
    }
}

/// Sets up an empty installation: one chain with one administrator. None where that was done before.
///
/// # Errors
/// Those of [`Engine::bootstrap`].
pub fn first_run(engine: &Engine) -> anyhow::Result<Option<FirstLogin>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let installation = runtime.block_on(engine.bootstrap(NewChain::first()));
    match installation.map_err(|refusal| anyhow::anyhow!("the first run: {}", refusal.detail.en))? {
        Installation::Created {
            chain_code,
            user,
            password,
        } => Ok(Some(FirstLogin {
            chain: chain_code,
            user,
            password: password.to_string(),
        })),
        Installation::Found => Ok(None),
    }
}

/// Serves an engine that runs already.
///
/// # Errors
/// An address that can't be listened on.
pub fn serve(settings: Settings, engine: Engine) -> anyhow::Result<RunningServer> {
    serve_demo(settings, engine, None)
}

/// Serves, and offers the demo's log-ins on the log-in page.
///
/// # Errors
/// An address that can't be listened on.
pub fn serve_demo(settings: Settings, engine: Engine, demo: Option<Demonstration>) -> anyhow::Result<RunningServer> {
    let state = web::Data::new(State {
        engine: engine.clone(),
        metrics: Metrics::new()?,
        demo,
        last_look: LastLook::default(),
        trusted_proxies: settings.trusted_proxies.clone(),
    });
    let (started, outcome) = mpsc::channel();
    let thread = std::thread::Builder::new().name("http".into()).spawn(move || {
        actix_rt::System::new().block_on(async move {
            let server = match build(&settings, state) {
                Ok((server, addr)) => {
                    started.send(Ok((server.handle(), addr))).ok();
                    server
                }
                Err(error) => {
                    started.send(Err(error)).ok();
                    return Ok(());
                }
            };
            server.await
        })
    })?;
    let (handle, addr) = outcome.recv().context("the server's thread ended")??;
    let (jobs, sender) = (Jobs::start(engine.clone())?, Sender::start(engine.clone())?);
    Ok(RunningServer {
        addr,
        engine,
        handle,
        thread: Some(thread),
        jobs,
        sender,
    })
}

fn build(settings: &Settings, state: web::Data<State>) -> anyhow::Result<(actix_web::dev::Server, SocketAddr)> {
    let limits = http::BodyLimits {
        bytes: settings.body_limit,
        time: settings.request_timeout,
    };
    let server = HttpServer::new(move || {
        let (app, _) = App::new()
            .into_utoipa_app()
            .app_data(state.clone())
            .app_data(limits)
            .configure(api::routes)
            .split_for_parts();
        app.service(openapi::openapi_json)
            .service(openapi::docs_folder)
            .service(openapi::reference())
            .default_service(web::to(no_such_route))
            .wrap(from_fn(envelope))
    })
    .workers(settings.workers)
    .keep_alive(settings.keep_alive)
    .client_request_timeout(settings.request_timeout)
    .client_disconnect_timeout(std::time::Duration::from_secs(5))
    .shutdown_timeout(settings.shutdown_timeout.as_secs())
    .disable_signals()
    .bind(settings.listen)
    .with_context(|| format!("listening on {} (setting `listen`)", settings.listen))?;
    let addr = server.addrs().first().copied().context("no address bound")?;
    Ok((server.run(), addr))
}

//! Finding the file and reading it.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::{env, fs, process};

use etcetera::BaseStrategy;

use super::raw::RawConfig;
use super::{Config, ConfigError, PassedSocket};

/// What the configuration takes from the process's surroundings: so that tests need not change
/// their own.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    /// `$YTMPD_CONFIG`, if not empty.
    pub config_file: Option<PathBuf>,
    /// `$XDG_CONFIG_HOME`, or `~/.config`.
    pub config_home: Option<PathBuf>,
    /// The home folder.
    pub home: Option<PathBuf>,
    /// `$XDG_RUNTIME_DIR`.
    pub runtime_directory: Option<PathBuf>,
    /// The folders that a service manager provides.
    pub service: ServiceFolders,
    /// The sockets that it has opened. Only a daemon has any: [`Self::of_process`] finds none.
    pub passed: Vec<PassedSocket>,
}

/// The folders of a service (`StateDirectory=` and its kin in systemd.exec(5)). Of several, the
/// first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServiceFolders {
    /// `$CONFIGURATION_DIRECTORY`.
    pub configuration: Option<PathBuf>,
    /// `$STATE_DIRECTORY`.
    pub state: Option<PathBuf>,
    /// `$RUNTIME_DIRECTORY`.
    pub runtime: Option<PathBuf>,
    /// `$CACHE_DIRECTORY`.
    pub cache: Option<PathBuf>,
}

impl ServiceFolders {
    /// Those of the system's service (docs/systemd/system/ytmpd.service).
    pub fn of_system() -> Self {
        let of = |folder: &str| Some(Path::new(folder).join("ytmpd"));
        Self {
            configuration: of("/etc"),
            state: of("/var/lib"),
            runtime: of("/run"),
            cache: of("/var/cache"),
        }
    }

    /// This process's. A terminal or a job that is a service itself hands its own down: systemd
    /// says whom it has started, and so for whom they are.
    fn of_process() -> Self {
        let started = env::var("SYSTEMD_EXEC_PID").ok();
        if started.is_some_and(|pid| pid != process::id().to_string()) {
            return Self::default();
        }
        let first = |name| {
            let folder = PathBuf::from(env::var(name).ok()?.split(':').next()?);
            folder.is_absolute().then_some(folder)
        };
        Self {
            configuration: first("CONFIGURATION_DIRECTORY"),
            state: first("STATE_DIRECTORY"),
            runtime: first("RUNTIME_DIRECTORY"),
            cache: first("CACHE_DIRECTORY"),
        }
    }
}

impl Environment {
    /// This process's.
    pub fn of_process() -> Self {
        let variable = |name| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let folders = etcetera::base_strategy::Xdg::new().ok();
        // A relative one would be another folder wherever ytmpd is started; the XDG Base Directory
        // Specification has it ignored.
        let absolute = |folder: &PathBuf| folder.is_absolute();
        Self {
            config_file: variable("YTMPD_CONFIG"),
            config_home: folders.as_ref().map(BaseStrategy::config_dir).filter(absolute),
            home: folders.as_ref().map(|folders| folders.home_dir().to_owned()).filter(absolute),
            runtime_directory: variable("XDG_RUNTIME_DIR").filter(absolute),
            service: ServiceFolders::of_process(),
            passed: vec![],
        }
    }

    /// The folder of the default configuration file.
    fn folder(&self) -> Option<PathBuf> {
        let usual = || self.config_home.as_ref().map(|folder| folder.join("ytmpd"));
        self.service.configuration.clone().or_else(usual)
    }
}

/// The configuration: `named` (from `--config`), else `$YTMPD_CONFIG`, else `config.toml` in the
/// service's or the user's configuration folder. The last may be missing: every key has a default.
///
/// # Errors
/// When a named file is missing, or any file is unreadable, or wrong in any way.
pub fn load(named: Option<&Path>, environment: &Environment) -> Result<Config, ConfigError> {
    let Some(file) = find(named, environment) else { return defaults(environment) };
    let file = std::path::absolute(&file).unwrap_or(file);
    let text = String::from_utf8(bytes(&file)?).map_err(|error| ConfigError::encoding(&file, &error))?;
    let raw: RawConfig = toml::from_str(&text).map_err(|error| ConfigError::parse(&file, &text, &error))?;
    raw.meaning(file.parent(), environment).map_err(|bad| ConfigError::value(Some((&file, &text)), bad))
}

fn bytes(file: &Path) -> Result<Vec<u8>, ConfigError> {
    fs::read(file).map_err(|error| match fs::read_link(file) {
        Ok(target) if error.kind() == ErrorKind::NotFound => ConfigError::Dangling(file.to_owned(), target),
        _ => ConfigError::Read(file.to_owned(), error),
    })
}

/// The file that [`load`] reads: `named`, else the one that `$YTMPD_CONFIG` names, else the one in
/// the usual place, if it is there, and be it a link to nothing.
pub fn find(named: Option<&Path>, environment: &Environment) -> Option<PathBuf> {
    let named = named.map(Path::to_owned).or_else(|| environment.config_file.clone());
    let usual = || environment.folder().map(|folder| folder.join("config.toml"));
    let is_there =
        |file: &PathBuf| !fs::symlink_metadata(file).is_err_and(|error| error.kind() == ErrorKind::NotFound);
    named.or_else(|| usual().filter(is_there))
}

/// The configuration of an empty file in the usual place, whatever there is.
///
/// # Errors
/// When there is no home folder.
pub fn defaults(environment: &Environment) -> Result<Config, ConfigError> {
    let meaning = RawConfig::default().meaning(environment.folder().as_deref(), environment);
    meaning.map_err(|bad| ConfigError::value(None, bad))
}

/// The configuration of an empty file in the place of the one that [`load`] reads: for who goes on
/// although that one is wrong.
///
/// # Errors
/// As [`defaults`]'s, if there is no such file either.
pub fn defaults_in_place(named: Option<&Path>, environment: &Environment) -> Result<Config, ConfigError> {
    let file = find(named, environment).and_then(|file| std::path::absolute(file).ok());
    let Some(folder) = file.as_deref().and_then(Path::parent) else { return defaults(environment) };
    RawConfig::default().meaning(Some(folder), environment).map_err(|bad| ConfigError::value(None, bad))
}

#[cfg(test)]
mod tests;

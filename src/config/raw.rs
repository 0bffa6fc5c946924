//! The TOML file, and the way from it to a [`Config`].

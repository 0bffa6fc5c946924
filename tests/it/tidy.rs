//! Rules of the repository that no compiler checks.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Who may import whom is a table in the crate's documentation; the code keeps to it.
#[test]
fn modules_import_only_what_their_line_allows() {
    let allowed = allowed_imports();
    assert!(allowed.len() > 10, "no table in src/lib.rs");
    for (file, source) in sources() {
        if file.ends_with("tests.rs") {
            continue;
        }
        let module = module_of(&file);
        let Some(allowed) = allowed.get(&module) else {
            assert_eq!(module, "lib", "src/lib.rs does not name {module}");
            continue;
        };
        for import in imports(&source) {
            let fine = import == module || allowed.contains("all") || allowed.contains(&import);
            assert!(fine, "{} imports {import}, which {module} may not", file.display());
        }
    }
}

/// The first line of a file says what it is.
#[test]
fn every_file_says_what_it_is() {
    for (file, source) in sources() {
        assert!(source.starts_with("//! "), "{} has no module documentation", file.display());
    }
}

#[test]
fn nothing_names_a_machine() {
    for (file, source) in sources() {
        for path in [["/wo", "rk/"].concat(), ["/far", "m/"].concat()] {
            assert!(!source.contains(&path), "{} names {path}", file.display());
        }
    }
}

/// The `rust-version` that `Cargo.toml` promises is no older than what a dependency needs.
#[test]
fn dependencies_build_with_the_rust_that_is_promised() {
    let output = |command: &mut Command| String::from_utf8(command.output().unwrap().stdout).unwrap();
    let about = output(Command::new("rustc").arg("-vV"));
    let host = about.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    let mut metadata = Command::new(env!("CARGO"));
    metadata.args(["metadata", "--format-version=1", "--locked", "--offline", "--filter-platform", host]);
    metadata.arg("--manifest-path").arg(src().with_file_name("Cargo.toml"));
    let metadata: serde_json::Value = serde_json::from_str(&output(&mut metadata)).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    assert!(packages.len() > 100);
    for package in packages {
        let Some(needed) = package["rust_version"].as_str() else { continue };
        let fits = release(needed) <= release(env!("CARGO_PKG_RUST_VERSION"));
        assert!(fits, "{} {} needs Rust {needed}", package["name"], package["version"]);
    }
}

fn release(version: &str) -> Vec<u32> {
    let mut numbers: Vec<u32> = version.split('.').map(|number| number.parse().unwrap()).collect();
    numbers.resize(3, 0);
    numbers
}

/// Each module's line: `| [`name`] | what it is | may import |`.
fn allowed_imports() -> BTreeMap<String, BTreeSet<String>> {
    let source = fs::read_to_string(src().join("lib.rs")).unwrap();
    let rows = source.lines().filter_map(|line| line.strip_prefix("//! | [`"));
    rows.map(|row| {
        let (module, cells) = row.split_once("`]").unwrap();
        let imports = cells.trim_end_matches([' ', '|']).rsplit('|').next().unwrap();
        (module.to_owned(), imports.split(',').map(|name| name.trim().to_owned()).collect())
    })
    .collect()
}

/// The modules named by `use crate::…` and by paths in the code; a comment may name any.
fn imports(source: &str) -> BTreeSet<String> {
    let code = source.lines().filter(|line| !line.trim_start().starts_with("//"));
    let names = code.flat_map(|line| line.split("crate::").skip(1));
    let word = |rest: &str| rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().map(str::to_owned);
    names.filter_map(word).filter(|name| !name.is_empty()).collect()
}

fn module_of(file: &Path) -> String {
    let inside = file.strip_prefix(src()).unwrap();
    let first = Path::new(inside.components().next().unwrap().as_os_str());
    // A folder, or a module of one file.
    first.with_extension("").to_string_lossy().into_owned()
}

fn sources() -> Vec<(PathBuf, String)> {
    let mut folders = vec![src()];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.ends_with("bin") {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push((path.clone(), fs::read_to_string(path).unwrap()));
            }
        }
    }
    files
}

fn src() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

//! Starts `cnnspec lsp` for Zed, from the path of the project's own environment.

use zed_extension_api as zed;

struct Cnnspec;

impl zed::Extension for Cnnspec {
    fn new() -> Self {
        Cnnspec
    }

    fn language_server_command(
        &mut self,
        _server: &zed::LanguageServerId,
        worktree: &zed::Worktree,
    ) -> zed::Result<zed::Command> {
        let command = worktree
            .which("cnnspec")
            .ok_or("cnnspec is not on the path: pip install 'cnnspec[lsp]'")?;
        Ok(zed::Command { command, args: vec!["lsp".to_string()], env: worktree.shell_env() })
    }
}

zed::register_extension!(Cnnspec);

//! Rules of our own, of the shapes that rules on endpoint telemetry have, written out of tables.

/// A rule: title and query.
pub struct Own {
    pub name: String,
    pub query: String,
}

/// The rules that are measured where none are given.
pub fn rules() -> Vec<Own> {
    let mut rules = Vec::new();
    rules.extend(children());
    rules.extend(tools());
    rules.extend(places());
    rules.extend(files());
    rules.extend(registry());
    rules.extend(connections());
    rules.extend(libraries());
    rules.extend(linux());
    rules.extend(logons());
    rules.extend(sequences());
    rules
}

/// Rules on files, which no process event can match, though they read fields that process events have.
pub fn of_another_category(count: usize) -> Vec<Own> {
    let extensions = ["dll", "sys", "scr", "hta", "lnk", "ps1", "vbs", "jar", "cpl", "msi"];
    let folders =
        [r"AppData\\Roaming", "ProgramData", r"Windows\\Temp", r"Users\\Public", "PerfLogs"];
    (0..count)
        .map(|at| {
            let (extension, folder) = (extensions[at % 10], folders[at / 10 % 5]);
            own(
                format!("Padding {at:04}"),
                format!(
                    r#"file where event.type == "creation" and file.extension : "{extension}" and
                       file.path : ("?:\\{folder}\\set{at}\\*", "*\\cache{at}\\*.{extension}") and
                       not process.name : ("writer{at}.exe", "setup{at}.exe") and
                       not process.executable : "?:\\Program Files\\Vendor{at}\\*""#
                ),
            )
        })
        .collect()
}

fn own(name: impl Into<String>, query: impl Into<String>) -> Own {
    Own { name: name.into(), query: query.into() }
}

/// A list as EQL writes it.
fn list(values: &[&str]) -> String {
    let quoted: Vec<String> =
        values.iter().map(|value| format!("\"{}\"", value.replace('\\', "\\\\"))).collect();
    format!("({})", quoted.join(", "))
}

const SHELLS: &[&str] = &["cmd.exe", "powershell.exe", "pwsh.exe", "powershell_ise.exe"];
const SCRIPTS: &[&str] = &["wscript.exe", "cscript.exe", "mshta.exe"];
const SERVICES: &[&str] = &["services.exe", "svchost.exe", "wmiprvse.exe", "taskhostw.exe"];
const INSTALLED: &[&str] = &[
    r"?:\Program Files\*",
    r"?:\Program Files (x86)\*",
    r"?:\Windows\System32\*",
    r"?:\Windows\SysWOW64\*",
];
const WRITABLE: &[&str] = &[
    r"?:\Users\Public\*",
    r"?:\Users\*\AppData\Local\Temp\*",
    r"?:\Users\*\Downloads\*",
    r"?:\ProgramData\*",
    r"?:\Windows\Temp\*",
    r"?:\PerfLogs\*",
    r"?:\$Recycle.Bin\*",
];
const PRIVATE: &[&str] = &[
    "10.0.0.0/8",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "224.0.0.0/4",
    "::1",
    "FE80::/10",
    "FF00::/8",
];

/// Parents that rarely start these children.
fn children() -> Vec<Own> {
    let office = ["winword.exe", "excel.exe", "powerpnt.exe", "outlook.exe", "msaccess.exe"];
    let servers = ["w3wp.exe", "httpd.exe", "nginx.exe", "php-cgi.exe", "tomcat9.exe"];
    let readers = ["acrord32.exe", "foxitreader.exe", "chrome.exe", "msedge.exe", "firefox.exe"];
    let databases = ["sqlservr.exe", "mysqld.exe", "oracle.exe", "postgres.exe"];
    let remote = ["anydesk.exe", "teamviewer.exe", "screenconnect.clientservice.exe"];
    let recon = ["whoami.exe", "net.exe", "net1.exe", "nltest.exe", "systeminfo.exe", "quser.exe"];
    let copy = ["certutil.exe", "bitsadmin.exe", "curl.exe", "esentutl.exe", "makecab.exe"];
    let mut rules = Vec::new();
    for (parents, what) in [
        (&office[..], "Office"),
        (&servers[..], "a web server"),
        (&readers[..], "a reader"),
        (&databases[..], "a database"),
        (&remote[..], "remote support"),
    ] {
        for (children, kind) in [
            (SHELLS, "Shell"),
            (SCRIPTS, "Script host"),
            (&recon[..], "Discovery"),
            (&copy[..], "Copy tool"),
        ] {
            rules.push(own(
                format!("{kind} started by {what}"),
                format!(
                    r#"process where host.os.type == "windows" and event.type == "start" and
                       process.parent.name : {} and process.name : {} and
                       not process.command_line : ("*\\Vendor\\Updater\\*", "*--type=renderer*", "*/healthcheck*") and
                       not (process.parent.executable : "?:\\Program Files\\Contoso\\*" and
                            process.code_signature.trusted == true)"#,
                    list(parents),
                    list(children)
                ),
            ));
        }
    }
    rules
}

/// Tools of the system and the arguments that give their abuse away.
fn tools() -> Vec<Own> {
    let tools: &[(&str, &str, &[&str])] = &[
        (
            "certutil.exe",
            "CertUtil.exe",
            &["*urlcache*", "*-decode*", "*verifyctl*", "*-encodehex*"],
        ),
        (
            "rundll32.exe",
            "RUNDLL32.EXE",
            &["*javascript:*", "*comsvcs*minidump*", "*\\\\*@*\\*", "*,#1*"],
        ),
        ("regsvr32.exe", "REGSVR32.EXE", &["*scrobj*", "*/i:http*", "*\\AppData\\*.ocx*"]),
        ("mshta.exe", "MSHTA.EXE", &["*http*", "*vbscript:*", "*about:*", "*Execute(*"]),
        ("wmic.exe", "wmic.exe", &["*process*call*create*", "*shadowcopy*delete*", "*/node:*"]),
        ("vssadmin.exe", "VSSADMIN.EXE", &["*delete*shadows*", "*resize*shadowstorage*"]),
        ("bcdedit.exe", "bcdedit.exe", &["*recoveryenabled*no*", "*ignoreallfailures*"]),
        (
            "schtasks.exe",
            "schtasks.exe",
            &["*/create*\\Users\\*", "*/create*-enc*", "*/change*/ru*system*"],
        ),
        (
            "net.exe",
            "net.exe",
            &["*localgroup*administrators*/add*", "*user*/add*", "*stop*backup*"],
        ),
        (
            "powershell.exe",
            "PowerShell.EXE",
            &[
                "*-enc*JAB*",
                "*DownloadString*",
                "*FromBase64String*",
                "*-w*hidden*-nop*",
                "*Invoke-Expression*",
            ],
        ),
        (
            "reg.exe",
            "reg.exe",
            &[
                "*save*HKLM\\SAM*",
                "*save*HKLM\\SECURITY*",
                "*add*\\Image File Execution Options\\*",
            ],
        ),
        ("sc.exe", "sc.exe", &["*create*binpath*cmd*", "*config*binpath*", "*sdset*"]),
        ("ntdsutil.exe", "ntdsutil.exe", &["*ifm*create*", "*ac*i*ntds*"]),
        ("wevtutil.exe", "wevtutil.exe", &["* cl *", "*clear-log*", "*set-log*/e:false*"]),
        ("installutil.exe", "InstallUtil.exe", &["*/logfile=*/u*", "*\\Downloads\\*"]),
    ];
    tools
        .iter()
        .map(|(name, original, arguments)| {
            own(
                format!("Abuse of {name}"),
                format!(
                    r#"process where host.os.type == "windows" and event.type == "start" and
                       (process.name : "{name}" or process.pe.original_file_name == "{original}") and
                       process.command_line : {} and
                       not process.parent.executable : {} and
                       not process.parent.name : ("ccmexec.exe", "monitoringhost.exe", "msiexec.exe")"#,
                    list(arguments),
                    list(&[r"?:\Program Files\Contoso\*", r"?:\Windows\CCM\*"])
                ),
            )
        })
        .collect()
}

/// Programs that run from where anyone may write, or that are not who they say.
fn places() -> Vec<Own> {
    let mut rules = vec![
        own(
            "Program from a writable folder started by a service",
            format!(
                r#"process where host.os.type == "windows" and event.type == "start" and
                   process.parent.name : {} and process.executable : {} and
                   not (process.code_signature.trusted == true and process.code_signature.subject_name in
                        ("Contoso Ltd", "Fabrikam Inc.", "Microsoft Corporation"))"#,
                list(SERVICES),
                list(WRITABLE)
            ),
        ),
        own(
            "Name of another program",
            r#"process where host.os.type == "windows" and event.type == "start" and
               process.pe.original_file_name in ("PsExec.c", "procdump", "rclone.exe", "7z.exe", "ADExplorer") and
               not process.name : ("psexec*.exe", "procdump*.exe", "rclone.exe", "7z*.exe", "adexplorer*.exe")"#,
        ),
        own(
            "Program in an alternate stream or with a double extension",
            r#"process where event.type == "start" and
               process.executable : ("?:\\*:*.exe", "*.pdf.exe", "*.docx.exe", "*.jpg.scr", "*.txt.com")"#,
        ),
    ];
    for name in ["svchost.exe", "lsass.exe", "csrss.exe", "explorer.exe", "services.exe"] {
        rules.push(own(
            format!("{name} from an unusual folder"),
            format!(
                r#"process where host.os.type == "windows" and event.type == "start" and process.name : "{name}" and
                   process.executable != null and
                   not process.executable : ("?:\\Windows\\System32\\*", "?:\\Windows\\SysWOW64\\*",
                                             "?:\\Windows\\explorer.exe", "\\Device\\HarddiskVolume?\\Windows\\*")"#
            ),
        ));
    }
    rules
}

fn files() -> Vec<Own> {
    vec![
        own(
            "Program left in a startup folder",
            format!(
                r#"file where host.os.type == "windows" and event.type != "deletion" and
                   file.path : ("?:\\Users\\*\\AppData\\Roaming\\Microsoft\\Windows\\Start Menu\\Programs\\Startup\\*",
                                "?:\\ProgramData\\Microsoft\\Windows\\Start Menu\\Programs\\StartUp\\*") and
                   not process.executable : {}"#,
                list(INSTALLED)
            ),
        ),
        own(
            "Script written by Office",
            format!(
                r#"file where event.type == "creation" and process.name : ("winword.exe", "excel.exe", "powerpnt.exe") and
                   file.extension : ("exe", "dll", "js", "vbs", "hta", "ps1", "bat", "lnk") and
                   not file.path : {}"#,
                list(&[r"?:\Program Files\*", r"?:\Users\*\AppData\Local\Microsoft\Office\*"])
            ),
        ),
        own(
            "Copy of a credential store",
            r#"file where event.type == "creation" and
               (file.name : ("ntds.dit", "sam.save", "security.sav*", "*.kirbi", "lsass*.dmp") or
                file.path : ("*\\Login Data.bak", "*\\key4.db.?", "*\\Temp\\*\\SAM"))"#,
        ),
        own(
            "Task file written by hand",
            r#"file where host.os.type == "windows" and event.action in ("creation", "overwrite") and
               file.path : ("?:\\Windows\\Tasks\\*", "?:\\Windows\\System32\\Tasks\\*") and
               not process.name : ("svchost.exe", "msiexec.exe", "tiworker.exe", "ccmexec.exe")"#,
        ),
        own(
            "Many documents renamed to one extension",
            r#"file where event.action == "rename" and length(file.extension) > 6 and
               file.Ext.original.extension : ("doc*", "xls*", "ppt*", "pdf", "jpg", "zip")"#,
        ),
        own(
            "Persistent unit of systemd or cron",
            r#"file where host.os.type == "linux" and event.action in ("creation", "rename") and
               file.path like ("/etc/systemd/system/*.service", "/etc/cron.d/*", "/etc/init.d/*", "/etc/rc.local",
                               "/var/spool/cron/crontabs/*", "/home/*/.config/autostart/*.desktop") and
               not process.name in ("dpkg", "rpm", "yum", "dnf", "apt", "snapd", "puppet", "chef-client", "systemd")"#,
        ),
        own(
            "Hidden program in a shared folder",
            r#"file where host.os.type == "linux" and event.type == "creation" and
               file.path regex """/(tmp|dev/shm|var/tmp)/\.[a-z0-9]{1,12}/[a-z]+""" and
               not process.executable like ("/usr/bin/*", "/opt/vendor/*")"#,
        ),
    ]
}

fn registry() -> Vec<Own> {
    let keys: &[(&str, &[&str])] = &[
        (
            "a run key",
            &[
                "*\\CurrentVersion\\Run\\*",
                "*\\CurrentVersion\\RunOnce\\*",
                "*\\Policies\\Explorer\\Run\\*",
            ],
        ),
        ("Winlogon", &["*\\Winlogon\\Shell", "*\\Winlogon\\Userinit", "*\\Winlogon\\Notify\\*"]),
        (
            "image options",
            &[
                "*\\Image File Execution Options\\*\\Debugger",
                "*\\SilentProcessExit\\*\\MonitorProcess",
            ],
        ),
        (
            "the security provider",
            &[
                "*\\Control\\Lsa\\Security Packages",
                "*\\SecurityProviders\\WDigest\\UseLogonCredential",
            ],
        ),
        (
            "a COM server",
            &[
                "HKEY_USERS\\*\\CLSID\\*\\InprocServer32\\",
                "HKEY_USERS\\*\\CLSID\\*\\LocalServer32\\",
            ],
        ),
        ("a service", &["*\\Services\\*\\ImagePath", "*\\Services\\*\\Parameters\\ServiceDLL"]),
        (
            "Defender",
            &[
                "*\\Windows Defender\\DisableAntiSpyware",
                "*\\Real-Time Protection\\Disable*",
                "*\\Exclusions\\*",
            ],
        ),
        (
            "Office trust",
            &["*\\Office\\*\\Security\\VBAWarnings", "*\\Office\\*\\Security\\AccessVBOM"],
        ),
    ];
    keys.iter()
        .map(|(what, paths)| {
            own(
                format!("Change of {what}"),
                format!(
                    r#"registry where host.os.type == "windows" and event.type == "change" and
                       registry.path : {} and registry.data.strings != null and
                       not registry.data.strings : ("?:\\Program Files\\*", "\"?:\\Program Files\\*", "%SystemRoot%\\*") and
                       not process.executable : {} and not user.id : "S-1-5-18""#,
                    list(paths),
                    list(INSTALLED)
                ),
            )
        })
        .collect()
}

fn connections() -> Vec<Own> {
    let sources: &[(&str, &[&str], &str)] = &[
        ("a script host", SCRIPTS, "destination.port in (80, 443, 8080)"),
        ("a shell", SHELLS, "not destination.port in (53, 88, 389)"),
        (
            "a tool of the system",
            &["regsvr32.exe", "rundll32.exe", "msbuild.exe", "installutil.exe", "cmstp.exe"],
            "destination.port != 53",
        ),
        ("Office", &["winword.exe", "excel.exe", "eqnedt32.exe"], "destination.port > 1024"),
        (
            "a service without traffic",
            &["notepad.exe", "calc.exe", "spoolsv.exe", "lsass.exe"],
            "network.direction : (\"egress\", \"outgoing\")",
        ),
    ];
    let mut rules: Vec<Own> = sources
        .iter()
        .map(|(what, names, condition)| {
            own(
                format!("Connection to the outside by {what}"),
                format!(
                    r#"network where host.os.type == "windows" and event.action == "connection_attempted" and
                       process.name : {} and {condition} and destination.ip != null and
                       not cidrMatch(destination.ip, {})"#,
                    list(names),
                    list(PRIVATE).trim_matches(['(', ')'])
                ),
            )
        })
        .collect();
    rules.push(own(
        "Lookup of a name that hides a host",
        r#"network where event.action == "lookup_requested" and
           dns.question.name : ("*.duckdns.org", "*.ngrok.io", "*.trycloudflare.com", "pastebin.com", "transfer.sh",
                                "*.onion.*", "api.telegram.org", "*.hopto.org", "*.serveo.net") and
           not process.name : ("chrome.exe", "msedge.exe", "firefox.exe", "brave.exe")"#,
    ));
    rules
}

fn libraries() -> Vec<Own> {
    vec![
        own(
            "Library loaded from beside a signed program",
            format!(
                r#"library where host.os.type == "windows" and event.action == "load" and
                   dll.name : ("version.dll", "dbghelp.dll", "wtsapi32.dll", "userenv.dll", "cryptsp.dll", "winhttp.dll",
                               "iphlpapi.dll", "propsys.dll", "uxtheme.dll", "mpsvc.dll", "libvlc.dll") and
                   not dll.path : {} and not dll.code_signature.trusted == true"#,
                list(INSTALLED)
            ),
        ),
        own(
            "Scripting engine in a process that has none",
            r#"library where dll.name : ("jscript*.dll", "vbscript.dll", "system.management.automation*.dll") and
               not process.name : ("powershell.exe", "pwsh.exe", "wscript.exe", "cscript.exe", "mshta.exe", "iexplore.exe",
                                   "devenv.exe", "sqlps.exe")"#,
        ),
        own(
            "Driver that is known to be abused",
            r#"any where event.category : ("driver", "library") and
               dll.name : ("rtcore64.sys", "gdrv.sys", "dbutil_2_3.sys", "capcom.sys", "procexp152.sys")"#,
        ),
    ]
}

fn linux() -> Vec<Own> {
    let commands: &[(&str, &[&str], &[&str])] = &[
        (
            "Reverse shell",
            &["bash", "sh", "zsh", "dash"],
            &["*/dev/tcp/*", "*/dev/udp/*", "*0>&1*"],
        ),
        (
            "Download into a shell",
            &["curl", "wget"],
            &["*| bash*", "*/tmp/*", "*raw.githubusercontent*"],
        ),
        (
            "Encoded interpreter",
            &["python", "python3", "perl", "ruby"],
            &["*base64*exec*", "*socket*", "*pty.spawn*"],
        ),
        (
            "Tampering with logs",
            &["rm", "shred", "truncate", "unlink"],
            &["*/var/log/*", "*.bash_history*", "*/var/run/utmp*"],
        ),
        ("Kernel module", &["insmod", "modprobe", "kmod"], &["/tmp/*", "/dev/shm/*", "*rootkit*"]),
        ("Ownership of a shell", &["chmod", "chown"], &["u+s", "4755", "*+s*", "root:root"]),
    ];
    let mut rules: Vec<Own> = commands
        .iter()
        .map(|(what, names, arguments)| {
            own(
                format!("{what} on Linux"),
                format!(
                    r#"process where host.os.type == "linux" and event.type == "start" and
                       event.action in ("exec", "exec_event", "start") and process.name in {} and
                       process.args like~ {} and
                       not process.parent.name in ("dpkg", "apt", "yum", "ansible", "puppet", "runc", "dockerd") and
                       not process.parent.executable like ("/usr/lib/*", "/opt/vendor/*", "/snap/*")"#,
                    list(names),
                    list(arguments)
                ),
            )
        })
        .collect();
    rules.push(own(
        "Shell of a web server on Linux",
        r#"process where host.os.type == "linux" and event.type == "start" and
           process.parent.name in ("apache2", "nginx", "httpd", "php-fpm", "java", "node") and
           process.name in ("bash", "sh", "dash", "python3", "perl") and process.args_count > 1 and
           not process.working_directory like ("/opt/*", "/usr/share/*")"#,
    ));
    rules
}

fn logons() -> Vec<Own> {
    vec![
        own(
            "Logon over the network from outside",
            format!(
                r#"authentication where event.outcome == "success" and event.action : ("logged-in", "ssh_login") and
                   source.ip != null and not cidrMatch(source.ip, {}) and
                   not user.name : ("*$", "ANONYMOUS LOGON", "healthmailbox*")"#,
                list(PRIVATE).trim_matches(['(', ')'])
            ),
        ),
        own(
            "Logon that failed for a built-in account",
            r#"authentication where event.outcome == "failure" and
               user.name : ("administrator", "root", "guest", "admin", "krbtgt", "postgres", "oracle") and
               not source.ip in ("127.0.0.1", "::1")"#,
        ),
    ]
}

fn sequences() -> Vec<Own> {
    vec![
        own(
            "Download that runs at once",
            r#"sequence by host.id with maxspan=1m
               [file where event.type == "creation" and file.extension : ("exe", "scr") and
                file.path : "?:\\Users\\*\\Downloads\\*"] by file.path
               [process where event.type == "start" and process.parent.name : "explorer.exe"] by process.executable"#,
        ),
        own(
            "Shell that connects out",
            r#"sequence by process.entity_id with maxspan=30s
               [process where event.type == "start" and process.name : ("powershell.exe", "mshta.exe", "bash")]
               [network where event.action == "connection_attempted" and destination.port in (4444, 8443, 9001)]"#,
        ),
        own(
            "Guess and logon",
            r#"sequence by user.name, source.ip with maxspan=5m
               [authentication where event.outcome == "failure"] with runs=3
               [authentication where event.outcome == "success"]"#,
        ),
    ]
}

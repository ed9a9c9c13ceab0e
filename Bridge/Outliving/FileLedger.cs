using System.Text;

namespace Iommu.Bridge.Outliving;

/// <summary>
/// What a server writes down of the files that programs have, for the one that comes after it on the same socket and the same journal.
/// It is a file beside the socket: what it tells of, sockets and processes, is this machine's, and gone when that is started again.
/// </summary>
/// <remarks>
/// A line is handed to the system before the program is told of its file, and so outlives this process. What is over is a line too; when
/// most lines are of what is over, the file is written anew. Any thread may call it.
/// </remarks>
internal sealed class FileLedger : IDisposable
{
    private const int LinesMin = 1000;

    private readonly Lock _lock = new();
    private readonly string _path;
    private readonly LedgerState _state;
    private FileStream _file;
    private int _lines;
    private bool _frozen;

    private FileLedger(string path, LedgerState state)
    {
        (_path, _state) = (path, state);
        _file = WriteAnew();
    }

    /// <summary>The last number that a process was given, by this server or one before it.</summary>
    public ulong LastProcess { get { lock (_lock) return _state.LastProcess; } }

    public IReadOnlyList<LedgerSocket> Sockets { get { lock (_lock) return [.. _state.Sockets.Values]; } }

    /// <summary>Opens the one that an earlier server has left; an empty one when there is none, or the machine was started since.</summary>
    /// <param name="path">Where it is.</param>
    /// <exception cref="BridgeException">It cannot be written.</exception>
    public static FileLedger Open(string path)
    {
        try
        {
            return new FileLedger(path, File.Exists(path) ? LedgerState.Read(File.ReadAllText(path)) : new LedgerState());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BridgeException($"{path}: {e.Message}");
        }
    }

    public IReadOnlyList<string> ContextNames { get { lock (_lock) return [.. _state.Contexts.Keys]; } }

    public LedgerContext? FindContext(string name)
    {
        lock (_lock) return _state.Contexts.GetValueOrDefault(name);
    }

    public LedgerProcess? FindProcess(ulong number)
    {
        lock (_lock) return _state.Processes.GetValueOrDefault(number);
    }

    public void Add(LedgerProcess process) => Write(LedgerState.LineOf(process));

    public void Add(LedgerContext context) => Write(LedgerState.LineOf(context));

    public void Add(LedgerSocket socket) => Write(LedgerState.LineOf(socket));

    public void RemoveProcess(ulong number) => Write(LedgerState.EndOfProcess(number));

    public void RemoveContext(string name) => Write(LedgerState.EndOfContext(name));

    public void RemoveSocket(ulong cookie) => Write(LedgerState.EndOfSocket(cookie));

    /// <summary>The server ends, and what it has written stands.</summary>
    public void Freeze()
    {
        lock (_lock) _frozen = true;
    }

    /// <summary>Whether the server ends, and leaves this context to the one that comes after it.</summary>
    public bool Leaves(string context)
    {
        lock (_lock) return _frozen && _state.Contexts.ContainsKey(context);
    }

    /// <summary>How many contexts are left to the server that comes after.</summary>
    public int ContextsLeft { get { lock (_lock) return _frozen ? _state.Contexts.Count : 0; } }

    /// <summary>Takes the file away when it tells of nothing that is left.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _frozen = true;
            _file.Dispose();
            if (_state.Contexts.Count == 0) File.Delete(_path);
        }
    }

    private void Write(string line)
    {
        lock (_lock)
        {
            if (_frozen || !_state.Apply(line)) return;
            _file.Write(Encoding.UTF8.GetBytes($"{line}\n"));
            if (++_lines < LinesMin || _lines < 4 * _state.Count) return;
            _file.Dispose();
            _file = WriteAnew();
        }
    }

    private FileStream WriteAnew()
    {
        var fresh = $"{_path}.new";
        var text = _state.Write();
        File.WriteAllText(fresh, text);
        File.Move(fresh, _path, overwrite: true);
        _lines = text.Count(character => character == '\n');
        // Without a buffer: what was written is the system's at once.
        return new FileStream(_path, FileMode.Append, FileAccess.Write, FileShare.Read, bufferSize: 0);
    }
}

using Iommu.Actors;
using Iommu.Bridge;
using Iommu.Bridge.Native;
using Iommu.Bridge.Outliving;
using Iommu.Messages;

namespace Iommu.Tests.Bridge.Outliving;

public sealed class FileLedgerTests : IDisposable
{
    private static readonly LedgerProcess Process = new(7, new ProcessIdentity(4711, 12, ulong.MaxValue), 1000);
    private static readonly LedgerContext Context = new("program-4711-0123456789abcdef", DeviceNode.Vfio, 7);
    private static readonly LedgerSocket Socket = new(new SocketIdentity(55, 66), Context.Name, FileKind.EventQueue, new ObjectId(3), 4700);

    private readonly Cli.TempFolder _folder = new();

    private string FilePath => _folder["socket.files"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_was_written_down_is_there_for_the_next_server_without_what_was_over()
    {
        var killed = Filled();
        killed.Add(Process with { Number = 8 });
        killed.Add(Context with { Name = "another" });
        killed.Add(Socket with { Socket = new SocketIdentity(56, 67) });
        killed.RemoveProcess(8);
        killed.RemoveContext("another");
        killed.RemoveSocket(56);

        using var next = FileLedger.Open(FilePath);
        Assert.Equal(Process, next.FindProcess(7));
        Assert.Null(next.FindProcess(8));
        Assert.Equal(8ul, next.LastProcess);
        Assert.Equal([Context.Name], next.ContextNames);
        Assert.Equal(Context, next.FindContext(Context.Name));
        Assert.Equal([Socket], next.Sockets);
    }

    [Fact]
    public void A_line_that_was_cut_off_is_none()
    {
        Filled();
        File.AppendAllText(FilePath, "-socket 5");
        using var next = FileLedger.Open(FilePath);
        Assert.Equal([Socket], next.Sockets);
    }

    [Fact]
    public void After_a_start_of_the_machine_it_tells_of_nothing()
    {
        Filled();
        var lines = File.ReadAllLines(FilePath);
        lines[0] = "files 1 00000000-0000-0000-0000-000000000000 7";
        File.WriteAllLines(FilePath, lines);
        using var next = FileLedger.Open(FilePath);
        Assert.Empty(next.Sockets);
        Assert.Empty(next.ContextNames);
    }

    [Fact]
    public void A_line_of_something_else_is_named()
    {
        Filled();
        File.AppendAllText(FilePath, "something else\n");
        Assert.Contains("'something else'", Assert.Throws<BridgeException>(() => FileLedger.Open(FilePath)).Message);
    }

    [Fact]
    public void It_stays_as_long_as_what_it_tells_of()
    {
        var ledger = Filled();
        for (var i = 1u; i <= 10_000; i++)
        {
            ledger.Add(Socket with { Socket = new SocketIdentity(1000 + i, i) });
            ledger.RemoveSocket(1000 + i);
        }
        Assert.InRange(File.ReadAllLines(FilePath).Length, 4, 1100);
        ledger.Dispose();
        using var next = FileLedger.Open(FilePath);
        Assert.Equal([Socket], next.Sockets);
    }

    [Fact]
    public void A_server_that_ends_leaves_what_it_had_and_takes_an_empty_one_away()
    {
        var ledger = Filled();
        Assert.False(ledger.Leaves(Context.Name));
        ledger.Freeze();
        ledger.RemoveContext(Context.Name);
        ledger.RemoveSocket(55);
        Assert.True(ledger.Leaves(Context.Name));
        Assert.False(ledger.Leaves("another"));
        ledger.Dispose();
        using (var next = FileLedger.Open(FilePath))
        {
            Assert.Equal([Socket], next.Sockets);
            next.RemoveContext(Context.Name);
        }
        Assert.False(File.Exists(FilePath));
    }

    private FileLedger Filled()
    {
        var ledger = FileLedger.Open(FilePath);
        ledger.Add(Process);
        ledger.Add(Context);
        ledger.Add(Socket);
        return ledger;
    }
}

using Iommu.Actors;
using Iommu.Actors.Selftest;
using Iommu.Actors.Uapi;
using Iommu.Bridge.Files;
using Iommu.Bridge.Native;
using Iommu.Bridge.Processes;
using Iommu.Bridge.Server;
using Iommu.Hardware.Processes;
using Iommu.Messages;

namespace Iommu.Bridge.Outliving;

/// <summary>
/// Files that outlive the server: what programs have of an earlier one, and what is written down for a later one. A program has a part in
/// it that says which socket is its own when it opens a device. Any thread may call it.
/// </summary>
internal sealed class OutlivingFiles : IDisposable
{
    private readonly FileLedger _ledger;
    private readonly LostSockets _lost;

    /// <param name="ledger">Where it is written down.</param>
    /// <param name="closings">Who waits for closes.</param>
    public OutlivingFiles(FileLedger ledger, Closings closings)
    {
        (_ledger, _lost) = (ledger, new LostSockets(closings));
        closings.Look = _lost.TakeClosed;
    }

    public FileLedger Ledger => _ledger;

    /// <summary>Sockets whose server has died, and that still stand for a file.</summary>
    public int LostCount => _lost.Count;

    /// <summary>A program has opened a device, and is about to be told.</summary>
    public void Opened(SocketIdentity programsEnd, IommufdFile file, DeviceNode node, ClientProcess client, uint program)
    {
        _ledger.Add(new LedgerContext(file.Context.Name, node, client.Number));
        _ledger.Add(new LedgerSocket(programsEnd, file.Context.Name, FileKind.Device, ObjectId.None, program));
    }

    /// <summary>A call has opened a file, and its program is about to be given it.</summary>
    public void Given(SocketIdentity programsEnd, IOpenFile file, IommufdFile context, uint program)
    {
        if (_ledger.FindContext(context.Context.Name) is null) return;
        var (kind, id) = file switch
        {
            EventFile queue => (FileKind.EventQueue, queue.Queue),
            MockAccessFile access => (FileKind.Access, access.Access),
            // A dma-buf is memory of the machine, and goes with it.
            _ => (FileKind.Device, ObjectId.None),
        };
        if (kind != FileKind.Device) _ledger.Add(new LedgerSocket(programsEnd, context.Context.Name, kind, id, program));
    }

    public void Closed(SocketIdentity programsEnd) => _ledger.RemoveSocket(programsEnd.Cookie);

    public void Ended(IommufdFile context) => _ledger.RemoveContext(context.Context.Name);

    /// <summary>Whether this file stays open in the journal although its server goes.</summary>
    public bool Leaves(IommufdFile context) => _ledger.Leaves(context.Context.Name);

    /// <summary>An earlier server's socket is open in some process.</summary>
    public void Add(LostSocket socket, DescriptorLink place) => _lost.Add(socket, place);

    /// <summary>A connection takes the place of a socket whose server has died.</summary>
    /// <returns>Null when that stands for no file.</returns>
    public IServedFile? TakeBack(ShimCall call, Descriptor connection)
    {
        if (call is not { OwnSocket: { } own, DeadSocket: { } dead }) return null;
        if (_lost.Find(dead) is not { } lost || !lost.Shared.TryHold()) return null;
        _ledger.Add(lost.Entry with { Socket = own });
        return lost.Serve(own, connection);
    }

    /// <summary>The server ends: what is written down stands.</summary>
    public void Freeze() => _ledger.Freeze();

    public void Dispose()
    {
        _lost.Dispose();
        _ledger.Dispose();
    }
}

using Iommu.Actors;
using Iommu.Actors.Uapi;
using Iommu.Bridge.Files;
using Iommu.Bridge.Native;
using Iommu.Bridge.Processes;
using Iommu.Bridge.Server;
using Iommu.Hardware.Processes;
using Iommu.Messages;

namespace Iommu.Bridge.Outliving;

/// <summary>
/// Before a server serves: brings back every context that the journal has, with the files that some process still has open, and closes what
/// none has.
/// </summary>
/// <param name="simulator">The machine, and the journal.</param>
/// <param name="host">The processes.</param>
/// <param name="opener">Who serves the files.</param>
/// <param name="outliving">What an earlier server has written down.</param>
/// <param name="failed">Is told of a context that cannot be brought back: its programs get EIO.</param>
internal sealed class Recovery(
    IommuSimulator simulator, ClientHost host, FileOpener opener, OutlivingFiles outliving, Action<Exception> failed)
{
    private readonly FileLedger _ledger = outliving.Ledger;

    public async Task RunAsync()
    {
        var sockets = _ledger.Sockets;
        var open = OpenDescriptors.FindSockets([.. sockets.Select(entry => entry.Socket.Inode).Distinct()]);
        foreach (var entry in sockets.Where(entry => !open.ContainsKey(entry.Socket.Inode))) outliving.Closed(entry.Socket);
        var byContext = sockets.Where(entry => open.ContainsKey(entry.Socket.Inode)).ToLookup(entry => entry.Context);
        var names = (await simulator.OpenNamesAsync()).Where(FileOpener.IsName).ToList();
        await Task.WhenAll(names.Select(name => RecoverAsync(name, [.. byContext[name]], open)));
        // Of another journal, or closed when its server was killed.
        foreach (var gone in _ledger.ContextNames.Except(names)) Forget(gone, byContext[gone]);
        host.EndRestore();
    }

    private async Task RecoverAsync(string name, List<LedgerSocket> sockets, Dictionary<ulong, DescriptorLink> open)
    {
        try
        {
            var context = _ledger.FindContext(name);
            var process = context is null ? host.Unknown() : host.Restore(context.Process);
            var failures = new ContextFailures();
            var file = await IommufdFile.OpenAsync(simulator, context?.Node ?? DeviceNode.Iommu, name, process, failures);
            var (device, shared) = opener.Add(file, failures);
            var accesses = file.Context.Table.All(ObjectType.Access).Select(access => access.Id).ToHashSet();
            foreach (var same in sockets.GroupBy(entry => (entry.Kind, entry.Object)))
            {
                accesses.Remove(same.Key.Object);
                if (same.Key.Kind == FileKind.Device) Lose(same, shared, null, (_, _) => new HolderFile(device, shared));
                else if (await ReopenAsync(same.Key.Kind, same.Key.Object, file, process) is { } again) await LoseAsync(same, again, file);
                else Forget(null, same);
            }
            // Nobody has their files any more.
            foreach (var access in accesses) await file.Context.CallAsync(new AccessDestroy(access));
            await shared.ReleaseAsync();
        }
        catch (Exception e)
        {
            failed(new BridgeException($"context {name} cannot be brought back: {e.GetBaseException().Message}"));
            Forget(name, sockets);
        }

        async Task LoseAsync(IEnumerable<LedgerSocket> same, IOpenFile again, IommufdFile file)
        {
            var shared = opener.Share(again, file);
            Lose(same, shared, again, (_, ours) => opener.Serve(again, shared, ours));
            await shared.ReleaseAsync();
        }

        void Lose(IEnumerable<LedgerSocket> same, SharedFile shared, IOpenFile? named, Func<SocketIdentity, Descriptor, IServedFile> serve)
        {
            foreach (var entry in same)
            {
                shared.TryHold();
                // Calls may name it by a descriptor that nobody has called by yet.
                var linked = opener.Link(new HolderFile(new HeldFile(), shared), entry.Socket, named);
                outliving.Add(new LostSocket(
                    entry, shared, (own, ours) => opener.Link(serve(own, ours), own, named), linked.ClosedAsync), open[entry.Socket.Inode]);
            }
        }
    }

    /// <summary>The file of an object that has come back; null when that has not.</summary>
    private static async Task<IOpenFile?> ReopenAsync(FileKind kind, ObjectId id, IommufdFile file, UserProcess process)
    {
        if (kind == FileKind.EventQueue)
        {
            var queue = await file.Context.ReopenEventFileAsync(id);
            queue?.Keep(file.Hold());
            return queue;
        }
        var answer = await file.Context.ReopenAccessFileAsync(id);
        if (answer.Errno != Errno.None || ((ClientFiles)process.Files).Take((int)answer.Value) is not { } opened) return null;
        ((Actors.Selftest.MockAccessFile)opened).TryKeep(file.Hold());
        return opened;
    }

    private void Forget(string? context, IEnumerable<LedgerSocket> sockets)
    {
        foreach (var entry in sockets) outliving.Closed(entry.Socket);
        if (context is not null) _ledger.RemoveContext(context);
    }
}

using Iommu.Actors;
using Iommu.Bridge.Native;
using Iommu.Messages;

namespace Iommu.Bridge.Outliving;

/// <summary>A process that has called.</summary>
/// <param name="Number">What journals know it by.</param>
/// <param name="Identity">Which it is.</param>
/// <param name="User">Who runs it.</param>
internal sealed record LedgerProcess(ulong Number, ProcessIdentity Identity, uint User);

/// <summary>An open device.</summary>
/// <param name="Name">What the journal knows its context by.</param>
/// <param name="Node">Which device.</param>
/// <param name="Process">The number of the process that opened it.</param>
internal sealed record LedgerContext(string Name, DeviceNode Node, ulong Process);

/// <summary>A socket that programs have for an open file.</summary>
/// <param name="Socket">Which.</param>
/// <param name="Context">The context of the file.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Object">The object that it is the file of; none (0) for a device.</param>
/// <param name="Program">Who had it first.</param>
internal sealed record LedgerSocket(SocketIdentity Socket, string Context, FileKind Kind, ObjectId Object, uint Program);

/// <summary>A file that comes back.</summary>
internal enum FileKind
{
    Device,
    EventQueue,
    Access,
}

using Akka.Actor;
using Iommu.Actors.Core;
using Iommu.Messages;

namespace Iommu.Actors.Objects;

/// <summary>
/// What the process has mapped of a vIOMMU's regions. The reference of a mapping is taken here, in the owner's own turn: a lookup
/// that comes too late finds it leaving or gone, and there is no moment in between (B04).
/// </summary>
internal sealed partial class ViommuActor
{
    private readonly Dictionary<ulong, int> _mappings = [];
    private bool _unmappable;

    private void Map(Mmap call)
    {
        var region = Environment.Table.Regions.Find(call.Offset);
        // The driver may have taken it back, and its offset may be another's by now.
        if (region is null || region.Owner != services || region.LengthBytes != call.LengthBytes || _unmappable || !Lifetime.TryHold())
        {
            Sender.Tell((Answer)Errno.ENXIO);
            return;
        }
        if (Environment.Failures.ShouldFail("map region"))
        {
            Lifetime.Drop();
            Sender.Tell((Answer)Errno.ENOMEM);
            return;
        }
        _mappings[call.Offset] = _mappings.GetValueOrDefault(call.Offset) + 1;
        Sender.Tell(new Answer(Errno.None, region.Physical));
    }

    private void Duplicate(MmapDuplicate call)
    {
        var errno = _mappings.ContainsKey(call.Offset) && Lifetime.TryHold() ? Errno.None : Errno.EINVAL;
        if (errno == Errno.None) _mappings[call.Offset]++;
        Sender.Tell((Answer)errno);
    }

    private void Unmap(Munmap call)
    {
        if (!_mappings.TryGetValue(call.Offset, out var count))
        {
            Sender.Tell((Answer)Errno.EINVAL);
            return;
        }
        if (count == 1) _mappings.Remove(call.Offset);
        else _mappings[call.Offset] = count - 1;
        Lifetime.Drop();
        Sender.Tell(Answer.Success);
    }

    /// <summary>A mapping keeps its file open, so that the last close comes after the last of them.</summary>
    private void ForgetMappings()
    {
        _unmappable = true;
        foreach (var count in _mappings.Values)
            for (var i = 0; i < count; i++) Lifetime.Drop();
        _mappings.Clear();
    }
}

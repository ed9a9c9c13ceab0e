using System.Collections.Immutable;
using Iommu.Messages;
using Iommu.TestKit.Model;

namespace Iommu.TestKit.Crash;

/// <summary>
/// What a state is after a crash and a recovery. Only what was the process's goes, and each line here says why; everything else must be
/// there again (I13).
/// </summary>
internal static class AfterCrash
{
    public static ModelState Of(ModelState before)
    {
        var state = before with
        {
            // A call that was cut off is nobody's any more: what it had hidden, or not shown yet, is as the journal has it.
            Leaving = [],
            Arriving = [],
            Objects = before.Objects.ToImmutableSortedDictionary(entry => entry.Key, entry => Of(entry.Value)),
        };
        return InBuildOrder(WithoutUnwanted(state));
    }

    /// <summary>A domain that an attach makes for itself goes with its last user, whatever has become of the call.</summary>
    private static ModelState WithoutUnwanted(ModelState state)
    {
        var wanted = state.Attachments.Values
            .Where(attachment => !attachment.Devices.IsEmpty).Select(attachment => attachment.Hwpt).ToHashSet();
        return state with
        {
            Objects = state.Objects.RemoveRange(state.Objects
                .Where(entry => entry.Value is PagingObject { Auto: true } && !wanted.Contains(new ObjectId(entry.Key)))
                .Select(entry => entry.Key)),
        };
    }

    private static ModelObject Of(ModelObject value) => value switch
    {
        // An access's owner was the process's, and so was what it had pinned. Nobody lets go of what is pinned from now on.
        AccessObject access => access with { Pinned = [], NeverLetsGo = true },
        // Files of event queues were the process's; the queues stay, and can be destroyed.
        FaultObject fault => fault with { IsOpen = false },
        VeventqObject queue => queue with { IsOpen = false },
        // Mappings of what a vIOMMU offers to mmap() were the process's.
        ViommuObject viommu => viommu with { Mappings = 0 },
        // An unmap that was under way has come to nothing; one that had given up on an access is forgotten, with the access's pins.
        IoasObject ioas => ioas with
        {
            Areas = ioas.Areas.ToImmutableSortedDictionary(
                entry => entry.Key, entry => entry.Value with { IsGoing = false, NoAccess = false }),
        },
        _ => value,
    };

    /// <summary>
    /// Objects are built again in the order of ids, each after what it references: domains are filled in that order, which is the one
    /// that attaches to an IOAS try them in, and offsets for mmap() are given anew in it.
    /// </summary>
    private static ModelState InBuildOrder(ModelState state)
    {
        var objects = state.Objects;
        var offset = ModelState.PageBytes;
        foreach (var (id, ioas) in state.Objects)
            if (ioas is IoasObject mapped) objects = objects.SetItem(id, mapped with { Hwpts = [] });
        foreach (var id in BuildOrder(state))
        {
            switch (objects[id.Value])
            {
                case PagingObject paging:
                    var ioas = (IoasObject)objects[paging.Ioas.Value];
                    objects = objects.SetItem(paging.Ioas.Value, ioas with { Hwpts = ioas.Hwpts.Add(id) });
                    break;
                case ViommuObject { MmapBytes: > 0 } viommu:
                    objects = objects.SetItem(id.Value, viommu with { MmapOffset = offset });
                    offset += viommu.MmapBytes;
                    break;
            }
        }
        return state with { Objects = objects };
    }

    private static List<ObjectId> BuildOrder(ModelState state)
    {
        var seen = new HashSet<uint>();
        var order = new List<ObjectId>();
        foreach (var id in state.Objects.Keys) Visit(id);
        return order;

        void Visit(uint id)
        {
            if (!seen.Add(id)) return;
            foreach (var reference in References(id))
                if (state.Objects.ContainsKey(reference.Value)) Visit(reference.Value);
            order.Add(new ObjectId(id));
        }

        IEnumerable<ObjectId> References(uint id) => state.Objects[id].References.Concat(state.Attachments
            .Where(entry => entry.Value.Devices.Contains(id)).OrderBy(entry => entry.Key.Pasid).Select(entry => entry.Value.Hwpt));
    }
}

using Akka.Actor;
using Iommu.Actors.Contexts;
using Iommu.Actors.Core;
using Iommu.Actors.Objects;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Mock;
using Iommu.Hardware.Processes;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Actors.Selftest;

/// <summary>
/// Where a sub-operation of IOMMU_TEST_CMD goes. What only looks at hardware is done here: hardware may be looked at from any thread.
/// </summary>
internal static class SelftestRouter
{
    public static Route Find(SelftestCall call, ObjectTable table, IActorRef context, UserProcess process) => call switch
    {
        MockDomain => new Route(context, call),
        MockDomainReplace replace => ToOwner(replace.Selftest, call, table),
        MockPasidAttach attach => ToOwner(attach.Selftest, call, table),
        MockPasidReplace replace => ToOwner(replace.Selftest, call, table),
        MockPasidDetach detach => ToOwner(detach.Selftest, call, table),
        MockPasidCheck check => new Route(CheckPasid(check, table)),
        MockTriggerIopf trigger => TriggerIopf(trigger, table),
        MockTriggerVevent trigger => TriggerVevent(trigger, table),
        MockCheckMap check => table.Find(check.Hwpt, ObjectType.HwptPaging) is { } hwpt
            ? new Route(SelftestRules.CheckMap(check, (IPagingDomain)hwpt.Hardware!, process.Memory)) : new Route(Errno.ENOENT),
        MockCheckRefs check => new Route(SelftestRules.CheckRefs(check, process.Memory)),
        MockCheckIotlb check => table.Find(check.Hwpt, ObjectType.HwptNested) is { } hwpt
            ? new Route(SelftestRules.CheckIotlb(check, (INestedDomain)hwpt.Hardware!)) : new Route(Errno.ENOENT),
        MockCheckCache check => table.Find(check.Device, ObjectType.Device) is { } device
            ? new Route(SelftestRules.CheckCache(check, StateOf(device))) : new Route(Errno.ENOENT),
        MockSetDirty set => SetDirty(set, table, process),
        MockAddReserved reserve => CallRouter.Find(
            new IoasReserve(reserve.Ioas, reserve.Start, reserve.LengthBytes), table, context, process),
        MockAccessCreate create => ToContext(SelftestRules.AccessCreate(create), create, context, process),
        MockAccessReplaceIoas replace => ToFile(Errno.None, replace.File, replace, process),
        MockAccessPages pages => ToFile(SelftestRules.AccessPages(pages), pages.File, pages, process),
        MockAccessPagesDestroy destroy => ToFile(Errno.None, destroy.File, destroy, process),
        MockAccessRw rw => ToFile(SelftestRules.AccessRw(rw), rw.File, rw, process),
        MockDmabufGet get => ToContext(Errno.None, get, context, process),
        MockDmabufRevoke revoke => ToContext(Errno.None, revoke, context, process),
        MockMemoryLimit limit => new Route(SelftestRules.MemoryLimit(limit)),
        _ => new Route(Errno.EOPNOTSUPP),
    };

    private static Route ToOwner(ObjectId id, Call call, ObjectTable table) =>
        table.Find(id, ObjectType.Selftest) is { } owner ? new Route(owner.Actor, new Acquire(call, null)) : new Route(Errno.ENOENT);

    private static Route ToContext(Errno refused, Call call, IActorRef context, UserProcess process) =>
        refused != Errno.None ? new Route(refused) : new Route(context, new FromProcess(call, process));

    private static Route ToFile(Errno refused, int file, Call call, UserProcess process) =>
        refused != Errno.None ? new Route(refused)
        : process.Files.Find(file) is MockAccessFile access
            ? new Route(access.Actor, new FromProcess(call, process)) : new Route(Errno.EBADFD);

    private static Route TriggerIopf(MockTriggerIopf call, ObjectTable table)
    {
        if (table.Find(call.Device, ObjectType.Device) is not { } device) return new Route(Errno.ENOENT);
        return StateOf(device) is null ? new Route(Errno.EINVAL)
            : new Route(device.Group!, new ReportFault((PhysicalDevice)device.Hardware!, SelftestRules.FaultOf(call)));
    }

    private static Route TriggerVevent(MockTriggerVevent call, ObjectTable table)
    {
        if (table.Find(call.Device, ObjectType.Device) is not { } device) return new Route(Errno.ENOENT);
        if (StateOf(device) is not { } state) return new Route(Errno.EINVAL);
        return state.AttachedGuest is { VirtualId: not 0 } guest && table.FindHardware(guest.Viommu) is { } viommu
            ? new Route(viommu.Actor, new ReportVevent(VeventqType.Selftest, SelftestRules.EventOf(guest))) : new Route(Errno.ENOENT);
    }

    private static Errno CheckPasid(MockPasidCheck check, ObjectTable table)
    {
        if (table.Find(check.Selftest, ObjectType.Selftest) is not { } owner) return Errno.ENOENT;
        var attached = StateOf(owner)?.Attached(check.Pasid);
        if (check.Hwpt == ObjectId.None) return SelftestRules.CheckPasid(attached, null);
        return table.Find(check.Hwpt) switch
        {
            null => Errno.ENOENT,
            { Hardware: IDomain expected } => SelftestRules.CheckPasid(attached, expected),
            _ => Errno.EINVAL,
        };
    }

    private static Route SetDirty(MockSetDirty call, ObjectTable table, UserProcess process)
    {
        if (SelftestRules.SetDirty(call) is var errno and not Errno.None) return new Route(errno);
        return table.Find(call.Hwpt, ObjectType.HwptPaging) is { } hwpt
            ? new Route(null, SelftestRules.SetDirty(call, (IPagingDomain)hwpt.Hardware!, process.Memory)) : new Route(Errno.ENOENT);
    }

    /// <summary>The state of a mock device; null for any other.</summary>
    private static MockDevice? StateOf(ObjectEntry entry) =>
        entry.Hardware is PhysicalDevice { Iommu: MockIommu mock } device ? mock.StateOf(device) : null;
}

using Akka.Actor;
using Iommu.Actors.Selftest;
using Iommu.Hardware.Mock;
using Iommu.Messages;
using Iommu.Persistence.Events;

namespace Iommu.Actors.Contexts;

/// <summary>Mock devices, which a context plugs in, and which are of no machine that comes after it.</summary>
internal sealed partial class ContextActor
{
    private void BuildSelftest(MockDomain call)
    {
        var errno = _settings.Machine.Mock is null ? Errno.EOPNOTSUPP
            : _closing is not null ? Errno.ENODEV
            : _environment.Failures.ShouldFail("reserve id") ? Errno.ENOMEM : Errno.None;
        if (errno != Errno.None)
        {
            Sender.Tell((Answer)errno);
            return;
        }
        var id = _ids.Reserve();
        Context.ActorOf(
            SelftestBuilder.Props(_environment, _settings.Machine.Mock!, id, call, Sender), $"selftest-builder-{id}-{++_incarnations}");
    }

    /// <summary>What the builder found may be another call's work: that is durable first.</summary>
    private void OnGivenUp(GiveUp given)
    {
        var caller = Sender;
        DeferAsync(given, settled =>
        {
            _ids.Free(settled.Id);
            caller.Tell((Answer)settled.Errno);
        });
    }
}

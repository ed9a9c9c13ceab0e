using System.Collections.Immutable;
using Iommu.Messages;

namespace Iommu.Tests.Model;

/// <summary>How far a call of a history has come in the checker's search.</summary>
/// <param name="Taken">How many of its moments it has had.</param>
/// <param name="Carried">What a later moment of it is about.</param>
internal readonly record struct Progress(int Taken, ImmutableList<ObjectId> Carried)
{
    public static readonly Progress None = new(0, []);

    public static readonly Progress Done = new(int.MaxValue, []);

    public bool IsDone => Taken == int.MaxValue;

    public override string ToString() => IsDone ? "." : $"{Taken}({string.Join(',', Carried)})";
}

/// <summary>
/// The moments in which a call takes effect, between when it was made and when it was answered. Most have one. A call that takes
/// objects away has several, in the kernel's order: nobody finds the object; it gives up what it held; it is gone and its id is free.
/// </summary>
internal static class Moments
{
    /// <param name="model">The state before; it is not changed.</param>
    /// <param name="operation">The call and its answer.</param>
    /// <param name="at">How far it has come.</param>
    /// <param name="under">The calls of others that are under way meanwhile.</param>
    /// <returns>The state after the next moment of the call; null when it cannot come now.</returns>
    public static (IommufdModel After, Progress Progress)? Next(
        IommufdModel model, Operation operation, Progress at, IReadOnlyList<Operation> under)
    {
        var after = model.Fork();
        if (operation.Answer.Errno == Errno.None)
        {
            switch (operation.Call)
            {
                case Destroy destroy:
                    return NextOf(destroy, after, at);
                case DeviceUnbind unbind:
                    return NextOf(unbind.Device, after, at);
                case DeviceAttach or DeviceDetach when at.Taken == 1:
                    return (after, new Progress(2, [.. after.LeaveUnwanted(at.Carried)]));
                case DeviceAttach or DeviceDetach when at.Taken == 2:
                    after.Remove(at.Carried);
                    return (after, Progress.Done);
            }
        }
        var expected = after.StepAndKeepUnwanted(operation.Call, out var unwanted);
        if (ModelText.Of(operation.Call, expected) == ModelText.Of(operation.Call, operation.Answer))
            return (after, unwanted.Count == 0 ? Progress.Done : new Progress(1, [.. unwanted]));
        return Relaxations.Accept(model, operation, expected, under) is { } relaxed ? (relaxed, Progress.Done) : null;
    }

    private static (IommufdModel, Progress)? NextOf(Destroy destroy, IommufdModel after, Progress at)
    {
        if (at.Taken == 1)
        {
            after.Remove(at.Carried);
            return (after, Progress.Done);
        }
        if (after.Lookup<ModelObject>(destroy.Id) is null || after.Users(destroy.Id) != 1) return null;
        after.Leave(destroy.Id);
        return (after, new Progress(1, [destroy.Id]));
    }

    private static (IommufdModel, Progress)? NextOf(ObjectId device, IommufdModel after, Progress at)
    {
        switch (at.Taken)
        {
            case 0:
                return after.Lookup<DeviceObject>(device) is not null && after.Leave(device) ? (after, new Progress(1, [])) : null;
            case 1:
                return (after, new Progress(2, [.. after.DetachFromAll(device)]));
            case 2:
                return (after, new Progress(3, [.. after.LeaveUnwanted(at.Carried)]));
            case 3:
                after.Remove(at.Carried);
                return (after, new Progress(4, []));
            case 4 when after.VdeviceOf(device) is { } vdevice:
                // Somebody else may be destroying it; then it waits.
                return after.Leave(vdevice) ? (after, new Progress(5, [vdevice])) : null;
            case 5:
                after.Tombstone(at.Carried[0]);
                return (after, new Progress(6, []));
            default:
                after.Remove([device]);
                return (after, Progress.Done);
        }
    }
}

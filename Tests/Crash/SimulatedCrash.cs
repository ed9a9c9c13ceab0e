using Akka.Actor;
using Iommu.Actors;
using Iommu.Actors.Contexts;
using Iommu.Messages;
using Iommu.TestKit.Crash;
using Iommu.TestKit.Model;

namespace Iommu.Tests.Crash;

/// <summary>A simulator that is thrown away in this process, and what the next one finds in the journal, held against the model.</summary>
internal sealed class SimulatedCrash : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private ModelHardware _hardware = new();
    private ActorSystem _system = null!;
    private ModelClient _client = null!;

    private SimulatedCrash(CrashStore store)
    {
        Store = store;
        Oracle = new CrashOracle(_hardware.Seats[0].Machine);
    }

    public CrashStore Store { get; }

    public CrashOracle Oracle { get; }

    /// <summary>The machine of the calls.</summary>
    public ModelMachine Machine => _hardware.Seats[0].Machine;

    public static async Task<SimulatedCrash> StartAsync(CrashStore? store = null)
    {
        var crash = new SimulatedCrash(store ?? new CrashStore());
        await crash.OpenAsync();
        return crash;
    }

    /// <summary>Makes a call that must be answered as the model says.</summary>
    public async Task<Answer> CallAsync(Call call)
    {
        Oracle.Announce(call);
        var answer = await _client.CallAsync(call);
        Assert.Null(Oracle.Acknowledge(ModelText.Of(call, answer)));
        return answer;
    }

    /// <summary>Makes a call that need not be answered. False when it was not, for what the journal no longer takes.</summary>
    public async Task<bool> TryCallAsync(Call call)
    {
        Oracle.Announce(call);
        var answered = _client.CallAsync(call);
        // A call whose event the journal holds is never answered.
        if (await Task.WhenAny(answered, HeldAsync()) != answered) return false;
        Assert.Null(Oracle.Acknowledge(ModelText.Of(call, await answered)));
        return true;
    }

    /// <summary>Throws the simulator away, and has another one recover. What was wrong.</summary>
    public async Task<IReadOnlyList<CrashFinding>> CrashAsync()
    {
        await _system.Terminate();
        Store.Revive();
        _hardware = new ModelHardware();
        try
        {
            await OpenAsync();
        }
        catch (RestoreException e)
        {
            return [new CrashFinding(CrashFault.GraphMismatch, e.Message)];
        }
        return Oracle.Recovered("model", $"{await SimulatorState.DescribeAsync(_client.Context)}pins {_hardware.PinsOf(0)}");
    }

    public async ValueTask DisposeAsync() => await _system.Terminate();

    private Task HeldAsync() => Store.Held.WaitAsync(Patience);

    private async Task OpenAsync()
    {
        _system = ActorSystem.Create("crash", Store.Config);
        var simulator = new IommuSimulator(_system, _hardware.Machine);
        _client = new ModelClient(_system, await simulator.OpenAsync("model", _hardware.Seats[0].Process));
    }
}

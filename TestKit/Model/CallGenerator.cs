using Iommu.Messages;

namespace Iommu.TestKit.Model;

/// <summary>
/// Random calls, by weights, on the objects that a model holds at the moment: mostly such as could succeed, sometimes on what is of
/// another type, is gone, or never was. The same seed gives the same calls.
/// </summary>
/// <param name="random">Where the choices come from.</param>
/// <param name="weights">What to call, and how often.</param>
internal sealed partial class CallGenerator(Random random, IReadOnlyList<CallWeight> weights)
{
    private const int ObjectsMany = 24;

    private readonly int _total = weights.Sum(weight => weight.Weight);
    private readonly List<ObjectId> _gone = [];
    private IommufdModel _model = null!;

    /// <summary>A list of calls, each made for the state that those before it lead to, in the form of <see cref="Script"/>.</summary>
    public static List<Call> Generate(int seed, ModelMachine machine, IReadOnlyList<CallWeight> weights, int count)
    {
        var generator = new CallGenerator(new Random(seed), weights);
        var model = new IommufdModel(machine, ModelState.Empty);
        var makers = new Dictionary<ObjectId, int>();
        var script = new List<Call>(count);
        for (var i = 0; i < count; i++)
        {
            var call = generator.Next(model);
            script.Add(Script.Refer(call, makers));
            var before = model.State.Objects;
            var answer = model.Step(call);
            foreach (var id in before.Keys.Except(model.State.Objects.Keys)) generator._gone.Add(new ObjectId(id));
            if (answer.Errno == Errno.None && !before.ContainsKey(answer.Id.Value) && model.Find<ModelObject>(answer.Id) is not null)
                makers[answer.Id] = i;
        }
        return script;
    }

    /// <summary>
    /// What a client of several calls, each made for the state that its own calls would lead to if it were alone. The others make
    /// ids too: those that come next are among the ones that it tries.
    /// </summary>
    public static List<Call> GenerateClient(Random random, IommufdModel before, IReadOnlyList<CallWeight> weights, int count)
    {
        var generator = new CallGenerator(random, weights);
        var model = before.Fork();
        generator._gone.AddRange(Enumerable.Range(1, 3).Select(i => new ObjectId(model.State.Objects.Keys.Max() + (uint)i)));
        var calls = new List<Call>(count);
        for (var i = 0; i < count; i++)
        {
            calls.Add(generator.Next(model));
            model.Step(calls[^1]);
        }
        return calls;
    }

    public Call Next(IommufdModel model)
    {
        _model = model;
        if (model.State.Objects.Count > ObjectsMany && random.Next(3) == 0) return new Destroy(AnyId());
        var at = random.Next(_total);
        foreach (var weight in weights)
            if ((at -= weight.Weight) < 0) return weight.Make(this);
        throw new InvalidOperationException("the weights do not add up");
    }

    public bool OneIn(int n) => random.Next(n) == 0;

    public T Pick<T>(params IReadOnlyList<T> from) => from[random.Next(from.Count)];

    public bool CanClose => !_model.HasOpenFiles;

    /// <summary>An event queue whose file is open, if there is one.</summary>
    public ObjectId OpenQueue()
    {
        var open = _model.State.Objects
            .Where(entry => entry.Value is FaultObject { IsOpen: true } or VeventqObject { IsOpen: true }).ToList();
        return open.Count == 0 ? Script.Missing : new ObjectId(Pick(open).Key);
    }

    public string DeviceName() => OneIn(30) ? "no-such-device" : Pick(_model.Machine.Devices).Name;

    /// <summary>The id of an object of a type, for the most part.</summary>
    public ObjectId Id<T>() where T : ModelObject
    {
        if (OneIn(12)) return AnyId();
        var fitting = _model.State.Objects.Where(entry => entry.Value is T).Select(entry => entry.Key).ToList();
        return fitting.Count == 0 ? AnyId() : new ObjectId(Pick(fitting));
    }

    /// <summary>The id of an object of any type, of one that is gone, a tombstone, or one that never was.</summary>
    public ObjectId AnyId()
    {
        if (_model.State.Objects.Count > 0 && !OneIn(8)) return new ObjectId(Pick(_model.State.Objects.Keys.ToList()));
        if (!_model.State.Tombstones.IsEmpty && OneIn(2)) return new ObjectId(Pick(_model.State.Tombstones.ToList()));
        return _gone.Count > 0 && OneIn(2) ? Pick(_gone) : Pick(Script.Missing, ObjectId.None, new ObjectId(77));
    }
}

/// <summary>A kind of call and how often it is made, beside the others.</summary>
internal sealed record CallWeight(int Weight, Func<CallGenerator, Call> Make);
